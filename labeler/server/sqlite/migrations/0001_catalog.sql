-- Times are microseconds since 1970 in UTC. Sort keys of an image are copied to where its tags, labels
-- and datasets are, so that a page of any of them is one run of an index.

CREATE TABLE organization (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE
);

CREATE TABLE source (
    number INTEGER PRIMARY KEY,
    org INTEGER NOT NULL REFERENCES organization (number),
    location_id TEXT NOT NULL,
    robot_id TEXT NOT NULL,
    robot_name TEXT NOT NULL,
    part_id TEXT NOT NULL,
    part_name TEXT NOT NULL,
    component_type TEXT NOT NULL,
    component_name TEXT NOT NULL,
    method TEXT NOT NULL,
    mime_type TEXT NOT NULL,
    UNIQUE (org, location_id, robot_id, robot_name, part_id, part_name, component_type, component_name, method,
            mime_type)
);

-- The last number given to an image. None is given twice: file ids and paging positions hold it.
CREATE TABLE last_image (
    number INTEGER NOT NULL
);
INSERT INTO last_image VALUES (0);

CREATE TABLE image (
    number INTEGER PRIMARY KEY,
    org INTEGER NOT NULL REFERENCES organization (number),
    source INTEGER NOT NULL REFERENCES source (number),
    file_id TEXT NOT NULL UNIQUE,
    time_us INTEGER NOT NULL,
    received_us INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    file_name TEXT NOT NULL,
    file_ext TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    digest TEXT NOT NULL,
    path TEXT,
    path_size INTEGER,
    path_mtime_ns INTEGER,
    method_parameters BLOB,
    classifications TEXT NOT NULL,
    tagged INTEGER NOT NULL DEFAULT 0
);
-- A page without a condition on tags merges the runs of tagged 0 and 1.
CREATE INDEX image_time ON image (org, tagged, time_us, number);
CREATE INDEX image_name ON image (org, tagged, name_key, number);
CREATE INDEX image_source_time ON image (source, tagged, time_us, number);
CREATE INDEX image_source_name ON image (source, tagged, name_key, number);
CREATE INDEX image_digest ON image (digest, org) WHERE digest <> '';
CREATE INDEX image_undigested ON image (org, number) WHERE digest = '';
CREATE INDEX image_path ON image (path, org) WHERE path IS NOT NULL;

CREATE TABLE tag (
    number INTEGER PRIMARY KEY,
    org INTEGER NOT NULL REFERENCES organization (number),
    name TEXT NOT NULL,
    UNIQUE (org, name)
);

CREATE TABLE image_tag (
    tag INTEGER NOT NULL REFERENCES tag (number),
    time_us INTEGER NOT NULL,
    image INTEGER NOT NULL REFERENCES image (number) ON DELETE CASCADE,
    name_key TEXT NOT NULL,
    added INTEGER NOT NULL,
    PRIMARY KEY (tag, time_us, image)
) WITHOUT ROWID;
CREATE INDEX image_tag_name ON image_tag (tag, name_key, image);
CREATE UNIQUE INDEX image_tag_image ON image_tag (image, tag, added);

CREATE TABLE label (
    number INTEGER PRIMARY KEY,
    org INTEGER NOT NULL REFERENCES organization (number),
    name TEXT NOT NULL,
    UNIQUE (org, name)
);

CREATE TABLE box (
    number INTEGER PRIMARY KEY,
    image INTEGER NOT NULL REFERENCES image (number) ON DELETE CASCADE,
    id TEXT NOT NULL,
    label INTEGER NOT NULL REFERENCES label (number),
    x_min REAL NOT NULL,
    y_min REAL NOT NULL,
    x_max REAL NOT NULL,
    y_max REAL NOT NULL,
    confidence REAL,
    UNIQUE (image, id)
);

-- Which labels an image has, each once.
CREATE TABLE image_label (
    label INTEGER NOT NULL REFERENCES label (number),
    time_us INTEGER NOT NULL,
    image INTEGER NOT NULL REFERENCES image (number) ON DELETE CASCADE,
    name_key TEXT NOT NULL,
    PRIMARY KEY (label, time_us, image)
) WITHOUT ROWID;
CREATE INDEX image_label_name ON image_label (label, name_key, image);
CREATE UNIQUE INDEX image_label_image ON image_label (image, label);

CREATE TABLE dataset (
    number INTEGER PRIMARY KEY,
    org INTEGER NOT NULL REFERENCES organization (number),
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    UNIQUE (org, name)
);

CREATE TABLE member (
    dataset INTEGER NOT NULL REFERENCES dataset (number) ON DELETE CASCADE,
    time_us INTEGER NOT NULL,
    image INTEGER NOT NULL REFERENCES image (number) ON DELETE CASCADE,
    name_key TEXT NOT NULL,
    added INTEGER NOT NULL,
    PRIMARY KEY (dataset, time_us, image)
) WITHOUT ROWID;
CREATE INDEX member_name ON member (dataset, name_key, image);
CREATE UNIQUE INDEX member_image ON member (image, dataset, added);

-- Deleted images with what was on them. Nothing lists or filters these but the trash itself.
CREATE TABLE trash_image (
    number INTEGER PRIMARY KEY,
    org INTEGER NOT NULL REFERENCES organization (number),
    source INTEGER NOT NULL REFERENCES source (number),
    file_id TEXT NOT NULL UNIQUE,
    time_us INTEGER NOT NULL,
    received_us INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    file_name TEXT NOT NULL,
    file_ext TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    digest TEXT NOT NULL,
    path TEXT,
    path_size INTEGER,
    path_mtime_ns INTEGER,
    method_parameters BLOB,
    classifications TEXT NOT NULL,
    tagged INTEGER NOT NULL,
    deleted_us INTEGER NOT NULL
);
CREATE INDEX trash_image_deleted ON trash_image (org, deleted_us);
CREATE INDEX trash_image_digest ON trash_image (digest);

CREATE TABLE trash_tag (
    tag INTEGER NOT NULL REFERENCES tag (number),
    time_us INTEGER NOT NULL,
    image INTEGER NOT NULL REFERENCES trash_image (number) ON DELETE CASCADE,
    name_key TEXT NOT NULL,
    added INTEGER NOT NULL,
    PRIMARY KEY (image, tag)
) WITHOUT ROWID;

CREATE TABLE trash_box (
    number INTEGER PRIMARY KEY,
    image INTEGER NOT NULL REFERENCES trash_image (number) ON DELETE CASCADE,
    id TEXT NOT NULL,
    label INTEGER NOT NULL REFERENCES label (number),
    x_min REAL NOT NULL,
    y_min REAL NOT NULL,
    x_max REAL NOT NULL,
    y_max REAL NOT NULL,
    confidence REAL
);
CREATE INDEX trash_box_image ON trash_box (image);

CREATE TABLE trash_label (
    label INTEGER NOT NULL REFERENCES label (number),
    time_us INTEGER NOT NULL,
    image INTEGER NOT NULL REFERENCES trash_image (number) ON DELETE CASCADE,
    name_key TEXT NOT NULL,
    PRIMARY KEY (image, label)
) WITHOUT ROWID;

CREATE TABLE trash_member (
    dataset INTEGER NOT NULL REFERENCES dataset (number) ON DELETE CASCADE,
    time_us INTEGER NOT NULL,
    image INTEGER NOT NULL REFERENCES trash_image (number) ON DELETE CASCADE,
    name_key TEXT NOT NULL,
    added INTEGER NOT NULL,
    PRIMARY KEY (image, dataset)
) WITHOUT ROWID;
CREATE INDEX trash_member_dataset ON trash_member (dataset);
