-- The unique ids of the groups that a user is in, a JSON list.

-- +goose Up
ALTER TABLE iam_user ADD COLUMN member_of TEXT NOT NULL DEFAULT '[]';

-- +goose Down
ALTER TABLE iam_user DROP COLUMN member_of;
