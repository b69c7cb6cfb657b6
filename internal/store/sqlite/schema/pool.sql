-- The tables of identity pools as the migrations leave them, in PostgreSQL's
-- dialect: sqlc reads this file, and a test holds it against the migrations,
-- which end in tables without row ids (docs/decisions/0009). Times are Unix
-- milliseconds.

CREATE TABLE identity_pool (
    id       TEXT   NOT NULL PRIMARY KEY,
    version  BIGINT NOT NULL,
    document TEXT   NOT NULL
);

-- Pools whose identities are still to be removed.
CREATE TABLE identity_pool_deleted (
    id TEXT NOT NULL PRIMARY KEY
);

-- The numbers that stand for ids of pools and names of providers in the tables
-- below. A number is never given to another name.
CREATE TABLE identity_name (
    number BIGINT NOT NULL PRIMARY KEY,
    name   TEXT   NOT NULL UNIQUE
);

-- An identity with its logins: one row answers every sign-in. Ids are the 16
-- bytes of their UUID. How logins are written says loginsText in logins.go.
CREATE TABLE identity (
    id       BYTEA  NOT NULL PRIMARY KEY,
    pool     BIGINT NOT NULL,
    created  BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    state    BIGINT NOT NULL, -- bit 0: guest, bit 1: merged, bit 2: blocked
    parent   BYTEA,
    version  BIGINT NOT NULL,
    logins   TEXT   NOT NULL
);

CREATE INDEX identity_by_pool ON identity (pool, created, id);

-- Whose a login is. Every login of a row of identity has one here, and no other.
CREATE TABLE identity_login (
    pool     BIGINT NOT NULL,
    provider BIGINT NOT NULL,
    subject  TEXT   NOT NULL,
    identity BYTEA  NOT NULL,
    PRIMARY KEY (pool, provider, subject)
);

-- What the provider said of the person, where that is remembered: a document, and
-- the e-mail address in the form that is searched, '' for none.
CREATE TABLE identity_person (
    pool     BIGINT NOT NULL,
    provider BIGINT NOT NULL,
    subject  TEXT   NOT NULL,
    email    TEXT   NOT NULL,
    person   TEXT   NOT NULL,
    PRIMARY KEY (pool, provider, subject)
);

CREATE INDEX identity_person_by_email ON identity_person (pool, email) WHERE email <> '';

-- Logins that were taken off an identity. Such a login is nobody's until it comes
-- again, and then somebody new: merging by e-mail address leaves it alone.
CREATE TABLE identity_login_unlinked (
    pool     BIGINT NOT NULL,
    provider BIGINT NOT NULL,
    subject  TEXT   NOT NULL,
    PRIMARY KEY (pool, provider, subject)
);

-- Merges of identities, each with the logins that moved, so that it can be
-- undone. child_version is the version of the child that was merged; undone is 0
-- while the merge stands.
CREATE TABLE identity_merge (
    child         BYTEA  NOT NULL,
    child_version BIGINT NOT NULL,
    parent        BYTEA  NOT NULL,
    merged        BIGINT NOT NULL,
    undone        BIGINT NOT NULL,
    cause         TEXT   NOT NULL,
    logins        TEXT   NOT NULL,
    PRIMARY KEY (child, child_version)
);

CREATE INDEX identity_merge_by_parent ON identity_merge (parent, merged);
