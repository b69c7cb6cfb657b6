-- What was deleted, and by which write, so that other nodes hear of it.

-- +goose Up
CREATE TABLE iam_deleted (
    kind    TEXT   NOT NULL,
    id      TEXT   NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);

-- +goose Down
DROP TABLE iam_deleted;
