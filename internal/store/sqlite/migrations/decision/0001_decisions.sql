-- Decisions that are kept for a bounded time, under the id of their request.
-- Times are Unix milliseconds; size is that of the document.

-- +goose Up
CREATE TABLE decision (
    account    TEXT   NOT NULL,
    request_id TEXT   NOT NULL,
    seq        BIGINT NOT NULL,
    made       BIGINT NOT NULL,
    size       BIGINT NOT NULL,
    document   TEXT   NOT NULL,
    PRIMARY KEY (account, request_id, seq)
);

-- +goose Down
DROP TABLE decision;
