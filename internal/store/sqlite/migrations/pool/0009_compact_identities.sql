-- SQLite only: what an older program left becomes what schema/pool.sql describes.
-- A database of another engine begins there.
--
-- Pools and providers become small numbers, an identity carries its logins, and the
-- tables that are read by key are ordered by it. Everything is copied in the order
-- of its new key, so that no page is written twice. Identities of a pool that is
-- neither there nor being removed were out of reach, and stay behind.

-- +goose Up
CREATE TABLE identity_name (
    number BIGINT NOT NULL PRIMARY KEY,
    name   TEXT   NOT NULL UNIQUE
);

INSERT INTO identity_name (number, name)
SELECT row_number() OVER (ORDER BY name), name
FROM (SELECT id AS name FROM identity_pool UNION SELECT id FROM identity_pool_deleted UNION SELECT provider FROM identity_login);

CREATE TABLE pool_number (
    key    BLOB   NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL
) WITHOUT ROWID;

INSERT INTO pool_number (key, number)
SELECT unhex(substr(name, instr(name, ':') + 1), '-') AS uuid, min(number)
FROM identity_name
WHERE name IN (SELECT id FROM identity_pool UNION SELECT id FROM identity_pool_deleted) AND uuid IS NOT NULL
GROUP BY uuid;

CREATE TABLE compact_identity (
    id       BLOB   NOT NULL PRIMARY KEY,
    pool     BIGINT NOT NULL,
    created  BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    state    BIGINT NOT NULL,
    parent   BLOB,
    version  BIGINT NOT NULL,
    logins   TEXT   NOT NULL
) WITHOUT ROWID;

INSERT INTO compact_identity (id, pool, created, modified, state, parent, version, logins)
SELECT i.id, n.number, i.created, i.modified, i.state, i.parent, i.version, coalesce((
    SELECT group_concat(
        p.number || ' ' || (l.linked - i.created) || ' ' || l.remembered || ' ' || length(CAST(l.subject AS BLOB)) || ' ' || l.subject, '')
    FROM identity_login l JOIN identity_name p ON p.name = l.provider
    WHERE l.identity = i.id), '')
FROM identity i JOIN pool_number n ON n.key = i.pool
ORDER BY i.id;

CREATE TABLE compact_login (
    pool     BIGINT NOT NULL,
    provider BIGINT NOT NULL,
    subject  TEXT   NOT NULL,
    identity BLOB   NOT NULL,
    PRIMARY KEY (pool, provider, subject)
) WITHOUT ROWID;

INSERT INTO compact_login (pool, provider, subject, identity)
SELECT n.number, p.number, l.subject, l.identity
FROM identity_login l JOIN pool_number n ON n.key = l.pool JOIN identity_name p ON p.name = l.provider
ORDER BY l.pool, l.provider, l.subject;

CREATE TABLE identity_person (
    pool     BIGINT NOT NULL,
    provider BIGINT NOT NULL,
    subject  TEXT   NOT NULL,
    email    TEXT   NOT NULL,
    person   TEXT   NOT NULL,
    PRIMARY KEY (pool, provider, subject)
) WITHOUT ROWID;

INSERT INTO identity_person (pool, provider, subject, email, person)
SELECT n.number, p.number, l.subject, l.email, l.person
FROM identity_login l JOIN pool_number n ON n.key = l.pool JOIN identity_name p ON p.name = l.provider
WHERE l.person <> ''
ORDER BY l.pool, l.provider, l.subject;

DROP TABLE pool_number;
DROP TABLE identity_login;
DROP TABLE identity;
ALTER TABLE compact_identity RENAME TO identity;
ALTER TABLE compact_login RENAME TO identity_login;
CREATE INDEX identity_by_pool ON identity (pool, created, id);
CREATE INDEX identity_person_by_email ON identity_person (pool, email) WHERE email <> '';

-- When logins were linked is not brought back: their identities' creation stands
-- for it.

-- +goose Down
CREATE TABLE old_identity (
    id       BYTEA  NOT NULL PRIMARY KEY,
    pool     BYTEA  NOT NULL,
    created  BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    state    BIGINT NOT NULL,
    parent   BYTEA,
    version  BIGINT NOT NULL
);

INSERT INTO old_identity (id, pool, created, modified, state, parent, version)
SELECT i.id, unhex(substr(n.name, instr(n.name, ':') + 1), '-'), i.created, i.modified, i.state, i.parent, i.version
FROM identity i JOIN identity_name n ON n.number = i.pool;

CREATE TABLE old_login (
    pool       BYTEA  NOT NULL,
    provider   TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    identity   BYTEA  NOT NULL,
    linked     BIGINT NOT NULL,
    remembered BIGINT NOT NULL DEFAULT 0,
    email      TEXT   NOT NULL DEFAULT '',
    person     TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (pool, provider, subject)
);

INSERT INTO old_login (pool, provider, subject, identity, linked, remembered, email, person)
SELECT unhex(substr(n.name, instr(n.name, ':') + 1), '-'), p.name, l.subject, l.identity, i.created,
    CASE WHEN e.person IS NULL THEN 0 ELSE i.created END, coalesce(e.email, ''), coalesce(e.person, '')
FROM identity_login l
JOIN identity i ON i.id = l.identity
JOIN identity_name n ON n.number = l.pool
JOIN identity_name p ON p.number = l.provider
LEFT JOIN identity_person e ON e.pool = l.pool AND e.provider = l.provider AND e.subject = l.subject;

DROP TABLE identity_person;
DROP TABLE identity_login;
DROP TABLE identity;
DROP TABLE identity_name;
ALTER TABLE old_identity RENAME TO identity;
ALTER TABLE old_login RENAME TO identity_login;
CREATE INDEX identity_by_pool ON identity (pool, created, id);
CREATE INDEX identity_login_by_identity ON identity_login (identity);
CREATE INDEX identity_login_by_email ON identity_login (pool, email) WHERE email <> '';
