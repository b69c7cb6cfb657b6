-- +goose Up
CREATE INDEX identity_merge_by_parent ON identity_merge (parent, merged);

-- +goose Down
DROP INDEX identity_merge_by_parent;
