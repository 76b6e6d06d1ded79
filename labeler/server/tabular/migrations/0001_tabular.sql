-- Where readings come from: few rows, each the metadata of many readings.
CREATE TABLE capture (
    id INTEGER PRIMARY KEY,
    organization_id TEXT NOT NULL,
    location_id TEXT NOT NULL,
    robot_id TEXT NOT NULL,
    robot_name TEXT NOT NULL,
    part_id TEXT NOT NULL,
    part_name TEXT NOT NULL,
    component_type TEXT NOT NULL,
    component_name TEXT NOT NULL,
    method TEXT NOT NULL,
    method_parameters BLOB NOT NULL,
    parameters TEXT NOT NULL,
    tags TEXT NOT NULL,
    UNIQUE (organization_id, part_id, component_name, method, component_type, tags, method_parameters, location_id,
            robot_id, robot_name, part_name)
);

-- Times are microseconds since 1970 UTC. Numbers are never used again, so that a place in a page stays one.
CREATE TABLE reading (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id TEXT NOT NULL,
    capture_id INTEGER NOT NULL REFERENCES capture (id),
    time_requested INTEGER NOT NULL,
    time_received INTEGER NOT NULL,
    time_stored INTEGER NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX reading_by_time ON reading (organization_id, time_requested, id);
CREATE INDEX reading_by_capture ON reading (capture_id, time_requested, id);
