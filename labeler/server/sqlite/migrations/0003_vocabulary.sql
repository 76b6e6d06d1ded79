-- The order of an organization's labels (kind 0) and tags (kind 1); names that no image has keep their place.
CREATE TABLE vocabulary (
    org INTEGER NOT NULL REFERENCES organization (number),
    kind INTEGER NOT NULL,
    place INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (org, kind, place)
) WITHOUT ROWID;
CREATE UNIQUE INDEX vocabulary_name ON vocabulary (org, kind, name);
