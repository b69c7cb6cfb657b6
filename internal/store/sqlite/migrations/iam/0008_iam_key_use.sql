-- When and for what each access key was last used. Apart from the keys, because
-- it changes all the time and no node needs to hear of it.

-- +goose Up
CREATE TABLE iam_key_use (
    id      TEXT   NOT NULL PRIMARY KEY,
    used    BIGINT NOT NULL,
    service TEXT   NOT NULL,
    region  TEXT   NOT NULL
);

-- +goose Down
DROP TABLE iam_key_use;
