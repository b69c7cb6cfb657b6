package policycases

import (
	"encoding/xml"
	"io"
)

// The elements of JUnit's XML that build servers read.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		File    string        `xml:"file,attr"`
		Line    int           `xml:"line,attr"`
		Failure *junitFailure `xml:"failure"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit prints the report as JUnit XML: a suite for each file, a case for
// each check.
func (r *Report) WriteJUnit(w io.Writer) error {
	all := junitSuites{Name: "rockpool policy test", Tests: r.Checks, Failures: r.Failed}
	for _, f := range r.Files {
		suite := junitSuite{Name: f.Path}
		for _, t := range f.Tests {
			for _, c := range t.Checks {
				one := junitCase{Name: t.Name, Class: f.Path, File: f.Path, Line: t.Line}
				if len(t.Checks) > 1 {
					one.Name += ": " + c.Action + " on " + c.Resource
				}
				suite.Tests++
				if !c.Passed {
					suite.Failures++
					one.Failure = &junitFailure{Message: c.Wrong, Type: "decision", Text: c.Details()}
				}
				suite.Cases = append(suite.Cases, one)
			}
		}
		all.Suites = append(all.Suites, suite)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
