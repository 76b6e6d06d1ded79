-- A change of images takes the next number, which becomes the version of each image that it changes. `author` tells
-- clients apart (0: not told). `others_version` is the last version that another than the image's author gave, so that
-- a client can ask for what others have changed.
CREATE TABLE last_change (
    number INTEGER NOT NULL,
    author INTEGER NOT NULL
);
INSERT INTO last_change VALUES (1, 0);

ALTER TABLE image ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE image ADD COLUMN author INTEGER NOT NULL DEFAULT 0;
ALTER TABLE image ADD COLUMN others_version INTEGER NOT NULL DEFAULT 1;
CREATE INDEX image_version ON image (org, version, number);
ALTER TABLE trash_image ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE trash_image ADD COLUMN author INTEGER NOT NULL DEFAULT 0;
CREATE INDEX trash_image_version ON trash_image (org, version, number);

-- What is on an image is changed in many ways, also by what deletes a dataset; none may forget the image's version.
CREATE TRIGGER box_added AFTER INSERT ON box BEGIN
    UPDATE image SET version = l.number, author = l.author,
        others_version = iif(image.author = l.author, image.others_version, image.version)
    FROM last_change l WHERE image.number = NEW.image AND image.version <> l.number;
END;
CREATE TRIGGER box_changed AFTER UPDATE ON box BEGIN
    UPDATE image SET version = l.number, author = l.author,
        others_version = iif(image.author = l.author, image.others_version, image.version)
    FROM last_change l WHERE image.number = NEW.image AND image.version <> l.number;
END;
CREATE TRIGGER box_removed AFTER DELETE ON box BEGIN
    UPDATE image SET version = l.number, author = l.author,
        others_version = iif(image.author = l.author, image.others_version, image.version)
    FROM last_change l WHERE image.number = OLD.image AND image.version <> l.number;
END;
CREATE TRIGGER tag_added AFTER INSERT ON image_tag BEGIN
    UPDATE image SET version = l.number, author = l.author,
        others_version = iif(image.author = l.author, image.others_version, image.version)
    FROM last_change l WHERE image.number = NEW.image AND image.version <> l.number;
END;
CREATE TRIGGER tag_removed AFTER DELETE ON image_tag BEGIN
    UPDATE image SET version = l.number, author = l.author,
        others_version = iif(image.author = l.author, image.others_version, image.version)
    FROM last_change l WHERE image.number = OLD.image AND image.version <> l.number;
END;
CREATE TRIGGER member_added AFTER INSERT ON member BEGIN
    UPDATE image SET version = l.number, author = l.author,
        others_version = iif(image.author = l.author, image.others_version, image.version)
    FROM last_change l WHERE image.number = NEW.image AND image.version <> l.number;
END;
CREATE TRIGGER member_removed AFTER DELETE ON member BEGIN
    UPDATE image SET version = l.number, author = l.author,
        others_version = iif(image.author = l.author, image.others_version, image.version)
    FROM last_change l WHERE image.number = OLD.image AND image.version <> l.number;
END;

-- What calls with an edit id were answered, so that a repeated call is answered the same and changes nothing.
CREATE TABLE answer (
    org INTEGER NOT NULL REFERENCES organization (number),
    edit_id TEXT NOT NULL,
    request BLOB NOT NULL,
    result TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    PRIMARY KEY (org, edit_id)
) WITHOUT ROWID;
CREATE INDEX answer_time ON answer (at_us);
