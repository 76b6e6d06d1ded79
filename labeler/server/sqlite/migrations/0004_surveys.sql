-- What is kept in memory of images follows their versions. `purged` is the highest version of an image that is no
-- longer in the trash, and `resized` how often the size of one was changed, which gives it no version.
ALTER TABLE last_change ADD COLUMN purged INTEGER NOT NULL DEFAULT 0;
ALTER TABLE last_change ADD COLUMN resized INTEGER NOT NULL DEFAULT 0;

CREATE TRIGGER image_purged AFTER DELETE ON trash_image WHEN OLD.version > (SELECT purged FROM last_change) BEGIN
    UPDATE last_change SET purged = OLD.version;
END;
CREATE TRIGGER image_resized AFTER UPDATE OF size_bytes ON image WHEN NEW.size_bytes <> OLD.size_bytes BEGIN
    UPDATE last_change SET resized = resized + 1;
END;
