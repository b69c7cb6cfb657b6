package lint

import (
	"context"
	"log/slog"
	"slices"
)

// maxLogged bounds the findings of one document that Log writes.
const maxLogged = 20

// Log tells the operator what was found in a policy that somebody wrote, one line
// for each finding: Info at level Info, everything else at Warn. AWS answers such
// a write without a word, so the log is where a server says it. about names the
// policy. At most twenty findings are written, and a line with how many more.
func Log(ctx context.Context, log *slog.Logger, found []Finding, about ...slog.Attr) {
	for i, f := range found {
		if i == maxLogged {
			log.LogAttrs(ctx, slog.LevelWarn, "more findings in a written policy", append(slices.Clip(about), slog.Int("left_out", len(found)-i))...)
			return
		}
		level := slog.LevelInfo
		if f.Severity > Info {
			level = slog.LevelWarn
		}
		log.LogAttrs(ctx, level, "finding in a written policy", append(slices.Clip(about),
			slog.String("code", f.Code), slog.String("severity", f.Severity.String()),
			slog.Int("line", f.Position.Line), slog.Int("column", f.Position.Column),
			slog.String("text", f.Text), slog.String("fix", f.Fix))...)
	}
}
