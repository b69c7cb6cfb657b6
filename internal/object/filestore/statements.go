package filestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/rockpool-id/rockpool/internal/sqldb"
)

// statements are prepared once: parsing SQL costs more than a point read.
// Those on the writer are used inside transactions only.
type statements struct {
	all []*sql.Stmt

	// past database/sql
	open, list *sqldb.Lookup

	// on the readers
	upload, uploads, parts, blobsUsed *sql.Stmt

	// on the writer
	bucketAlive, bucketVersion, configPut, configDelete             *sql.Stmt
	entryGet, entryPut, entryDelete, entryOld, entrySetDetail       *sql.Stmt
	dataPut, dataDelete                                             *sql.Stmt
	blobAdd, blobShare, blobDropLast, blobDrop                      *sql.Stmt
	uploadAdd, uploadGet, uploadDelete, partGet, partPut, partsDrop *sql.Stmt
	partsGet                                                        *sql.Stmt
}

const (
	entryWithData = `SELECT e.listed, e.detail, coalesce(e.data, 0), d.data 
		FROM object_entry e LEFT JOIN object_data d ON d.id = e.data WHERE e.bucket = ? AND e.key = ?`
	uploadColumns = `key, id, initiated, initiator, class, checksum, checksum_type, detail`
	partColumns   = `number, etag, size, modified, checksums, blob`
)

func (q *statements) prepare(ctx context.Context, db *sqldb.DB) error {
	r, w := db.Reader(), db.Writer()
	for _, p := range []struct {
		to   **sql.Stmt
		on   *sql.DB
		text string
	}{
		{&q.upload, r, `SELECT ` + uploadColumns + ` FROM object_upload WHERE bucket = $1 AND key = $2 AND id = $3`},
		{&q.uploads, r, `SELECT ` + uploadColumns + ` FROM object_upload WHERE bucket = $1 AND (key, id) > ($2, $3) ORDER BY key, id`},
		{&q.parts, r, `SELECT ` + partColumns + ` FROM object_part WHERE upload = $1 AND number > $2 ORDER BY number LIMIT $3`},
		{&q.blobsUsed, r, `SELECT id FROM object_blob WHERE id >= $1 AND id <= $2`},

		{&q.bucketAlive, w, `SELECT count(*) FROM object_bucket WHERE id = $1`},
		{&q.bucketVersion, w, `UPDATE object_bucket SET version = $2 WHERE id = $1`},
		{&q.configPut, w, `INSERT INTO object_bucket_config (bucket, sub, doc) VALUES ($1, $2, $3) ON CONFLICT (bucket, sub) DO UPDATE SET doc = excluded.doc`},
		{&q.configDelete, w, `DELETE FROM object_bucket_config WHERE bucket = $1 AND sub = $2`},

		{&q.entryGet, w, entryWithData},
		{&q.entryOld, w, `SELECT listed, detail, coalesce(data, 0) FROM object_entry WHERE bucket = $1 AND key = $2`},
		{&q.entryPut, w, `INSERT INTO object_entry (bucket, key, size, listed, detail, data) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (bucket, key) DO UPDATE SET size = excluded.size, listed = excluded.listed, detail = excluded.detail, data = excluded.data`},
		{&q.dataPut, w, `INSERT INTO object_data (data) VALUES ($1)`},
		{&q.dataDelete, w, `DELETE FROM object_data WHERE id = $1`},
		{&q.entryDelete, w, `DELETE FROM object_entry WHERE bucket = $1 AND key = $2`},
		{&q.entrySetDetail, w, `UPDATE object_entry SET detail = $3 WHERE bucket = $1 AND key = $2`},

		{&q.blobAdd, w, `INSERT INTO object_blob (id, refs) VALUES ($1, 1)`},
		{&q.blobShare, w, `UPDATE object_blob SET refs = refs + 1 WHERE id = $1`},
		{&q.blobDropLast, w, `DELETE FROM object_blob WHERE id = $1 AND refs <= 1`},
		{&q.blobDrop, w, `UPDATE object_blob SET refs = refs - 1 WHERE id = $1`},

		{&q.uploadAdd, w, `INSERT INTO object_upload (bucket, ` + uploadColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`},
		{&q.uploadGet, w, `SELECT ` + uploadColumns + ` FROM object_upload WHERE bucket = $1 AND key = $2 AND id = $3`},
		{&q.uploadDelete, w, `DELETE FROM object_upload WHERE bucket = $1 AND key = $2 AND id = $3`},
		{&q.partGet, w, `SELECT blob FROM object_part WHERE upload = $1 AND number = $2`},
		{&q.partsGet, w, `SELECT ` + partColumns + ` FROM object_part WHERE upload = $1 ORDER BY number`},
		{&q.partPut, w, `INSERT INTO object_part (upload, ` + partColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (upload, number) DO UPDATE SET etag = excluded.etag, size = excluded.size, modified = excluded.modified,
			checksums = excluded.checksums, blob = excluded.blob`},
		{&q.partsDrop, w, `DELETE FROM object_part WHERE upload = $1`},
	} {
		stmt, err := p.on.PrepareContext(ctx, p.text)
		if err != nil {
			return errors.Join(fmt.Errorf("prepare %q: %w", p.text, err), q.close())
		}
		*p.to = stmt
		q.all = append(q.all, stmt)
	}
	var err1, err2 error
	q.open, err1 = db.Lookup(entryWithData)
	q.list, err2 = db.Lookup(`SELECT key, listed FROM object_entry WHERE bucket = ? AND key >= ? ORDER BY key`)
	if err := errors.Join(err1, err2); err != nil {
		return errors.Join(err, q.close())
	}
	return nil
}

func (q *statements) close() error {
	var err error
	for _, stmt := range q.all {
		err = errors.Join(err, stmt.Close())
	}
	q.all = nil
	return err
}
