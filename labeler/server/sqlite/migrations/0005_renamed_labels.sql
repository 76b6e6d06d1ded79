-- Labels that gave their place to another name: clients that still know them need not put them behind the others.
CREATE TABLE renamed_label (
    org INTEGER NOT NULL REFERENCES organization (number),
    name TEXT NOT NULL,
    became TEXT NOT NULL,
    PRIMARY KEY (org, name)
) WITHOUT ROWID;
