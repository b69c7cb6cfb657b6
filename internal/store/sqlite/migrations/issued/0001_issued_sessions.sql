-- Sessions that were issued and have not expired, in the order of their time, which
-- is where new ones are cheapest to add: lists and sweeps are rare and read along.
-- Times are Unix milliseconds. logins has the marks of logins, between spaces.

-- +goose Up
CREATE TABLE issued_session (
    issued        BIGINT NOT NULL,
    access_key_id TEXT   NOT NULL,
    account       TEXT   NOT NULL,
    pool          TEXT   NOT NULL,
    identity      TEXT   NOT NULL,
    role          TEXT   NOT NULL,
    expires       BIGINT NOT NULL,
    class         TEXT   NOT NULL,
    logins        TEXT   NOT NULL,
    document      TEXT   NOT NULL,
    PRIMARY KEY (issued, access_key_id)
);

-- +goose Down
DROP TABLE issued_session;
