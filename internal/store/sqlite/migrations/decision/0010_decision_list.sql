-- What is newest, with everything that lists search by.

-- +goose Up
CREATE INDEX decision_list ON decision (account, made, request_id, seq, allowed, caller, person, action, resource);

-- +goose Down
DROP INDEX decision_list;
