package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	// The table that these tests make.
	page = "../../docs/vcsim.md"
	// The page of rules and operations, which tests of core keep right.
	rulesPage = "../../docs/rules.md"
)

// Our server does what a vCenter does, as far as that is known.
func TestAccession(t *testing.T) {
	ours := startAccession(t, startSources(t))
	each(t, func(t *testing.T, s *situation) {
		if seen := ours.converse(t, s); seen != s.wanted() {
			t.Errorf("seen: %s\nwanted: %s, by %s", seen, s.wanted(), s.by)
		}
	})
}

// govmomi's simulator does what the page says of it.
func TestVcsim(t *testing.T) {
	theirs := startVcsim(t, startSources(t))
	seen := map[*situation]string{}
	each(t, func(t *testing.T, s *situation) { seen[s] = theirs.converse(t, s) })
	if t.Failed() {
		return
	}
	if len(seen) < count() {
		t.Log("only some situations were asked for, so the page is left alone")
		return
	}
	made := table(t, seen)
	if os.Getenv("UPDATE_TABLE") != "" {
		must(t, os.WriteFile(page, []byte(made), 0o644))
		return
	}
	committed, err := os.ReadFile(page)
	must(t, err)
	if string(committed) == made {
		return
	}
	was, is := strings.Split(string(committed), "\n"), strings.Split(made, "\n")
	for _, line := range is {
		if !slices.Contains(was, line) {
			t.Errorf("%s lacks: %s", page, line)
		}
	}
	t.Errorf("%s is not what was seen; if that is right, UPDATE_TABLE=1 go test -run TestVcsim . writes it anew", page)
}

// each runs every situation as a test of its own.
func each(t *testing.T, run func(*testing.T, *situation)) {
	for _, chapter := range chapters {
		t.Run(chapter.title, func(t *testing.T) {
			for i := range chapter.situations {
				s := &chapter.situations[i]
				t.Run(s.what, func(t *testing.T) { run(t, s) })
			}
		})
	}
}

func count() (all int) {
	for _, chapter := range chapters {
		all += len(chapter.situations)
	}
	return all
}

func (s *situation) wanted() string {
	if s.ours != "" {
		return s.ours
	}
	return s.vcenter
}

// table writes the page.
func table(t *testing.T, seen map[*situation]string) string {
	t.Helper()
	known := readKnown(t)
	var rows strings.Builder
	same := 0
	for _, chapter := range chapters {
		fmt.Fprintf(&rows, "\n## %s\n\n| | vCenter | Accession | vcsim |\n| --- | --- | --- | --- |\n", chapter.title)
		for i := range chapter.situations {
			s := &chapter.situations[i]
			if seen[s] == s.vcenter {
				same++
			}
			fmt.Fprintf(&rows, "| %s | %s<br>%s | %s | %s |\n",
				s.what, s.vcenter, s.known(t, known), beside(s.vcenter, s.wanted()), beside(s.vcenter, seen[s]))
		}
	}
	return fmt.Sprintf(intro, govmomi(t), count(), same) + rows.String()
}

// In the order of the arguments: version of govmomi, situations, those in which vcsim does as a vCenter does.
const intro = "# Accession and vcsim, beside vCenter\n\n" +
	"Made by the tests in `tests/vcsim`; do not edit it by hand.\n\n" +
	"govmomi's own client (%s) holds the same conversations with Accession and with vcsim, the simulator that comes " +
	"with it. Both columns are measured: a test fails if Accession does anything else than is told here, or vcsim.\n\n" +
	"No vCenter was asked. What one does follows from the published API 9.1 and from public reports. Below it stands " +
	"how well it is known, and by which rule of [rules.md](rules.md) or by the reference of which operation. *The " +
	"same* is what is seen at a vCenter; an answer that has its status without its error type is not the same.\n\n" +
	"Both servers are asked over `/rest`, which is what the client speaks; the statuses are those of `/rest`. ¹ marks " +
	"a call that the client does not have in this form; it is sent by hand. Where time passes, the test moves " +
	"Accession's clock, and for vcsim that of the process it runs in.\n\n" +
	"vcsim does the same as a vCenter in %[3]d of %[2]d situations.\n"

func beside(vcenter, seen string) string {
	if seen == vcenter {
		return "the same"
	}
	return seen
}

var (
	ruleRow      = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| .* \\| (documented|observed|assumed) \\| ")
	operationRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| `[A-Z]+ /api/")
	inWords      = regexp.MustCompile("^(documented|observed|assumed): ")
)

// readKnown reads how each rule is known. Operations are known by their reference.
func readKnown(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(rulesPage)
	must(t, err)
	known := map[string]string{}
	for _, row := range ruleRow.FindAllSubmatch(text, -1) {
		known[string(row[1])] = string(row[2])
	}
	for _, row := range operationRow.FindAllSubmatch(text, -1) {
		known[string(row[1])] = "documented"
	}
	return known
}

// known tells how it is known what a vCenter does.
func (s *situation) known(t *testing.T, known map[string]string) string {
	t.Helper()
	if how, found := known[s.by]; found {
		return fmt.Sprintf("(%s: `%s`)", how, s.by)
	}
	if inWords.MatchString(s.by) {
		return fmt.Sprintf("(%s)", s.by)
	}
	t.Errorf("%q is no rule and no operation of %s, and does not tell how it is known", s.by, rulesPage)
	return ""
}

// govmomi is the version that is pinned.
func govmomi(t *testing.T) string {
	t.Helper()
	module, err := os.ReadFile("go.mod")
	must(t, err)
	found := regexp.MustCompile(`github\.com/vmware/govmomi (v\S+)`).FindSubmatch(module)
	if found == nil {
		t.Fatal("go.mod does not tell the version of govmomi")
	}
	return string(found[1])
}
