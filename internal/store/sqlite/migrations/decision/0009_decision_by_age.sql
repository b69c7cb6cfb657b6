-- What is oldest, whose it is and how much, without reading documents.

-- +goose Up
CREATE INDEX decision_age ON decision (made, account, request_id, seq, class, size);

-- +goose Down
DROP INDEX decision_age;
