-- What is oldest, and how much there is, without reading documents.

-- +goose Up
CREATE INDEX decision_made ON decision (made, size);

-- +goose Down
DROP INDEX decision_made;
