package main

// The names of Unicode classes that Go accepts in \p{...}, as C source.

import (
	"fmt"
	"regexp/syntax"
	"sort"
	"strings"
	"unicode"
)

// canonical is the form under which a name is looked up: no blanks, hyphens and underscores, one capital in front.
func canonical(name string) string {
	name = strings.NewReplacer(" ", "", "-", "", "_", "").Replace(name)
	if name == "" {
		return ""
	}
	return strings.ToUpper(name[:1]) + strings.ToLower(name[1:])
}

// runes is the size of the class in the parsed tree: two for each range.
func runes(pattern string) int {
	re, err := syntax.Parse(pattern, syntax.Perl)
	check(err)
	return len(re.Rune)
}

func names() {
	known := map[string]bool{}
	add := func(name string) {
		if _, err := syntax.Parse(`\p{`+name+`}`, syntax.Perl); err == nil {
			known[canonical(name)] = true
		}
	}
	for name := range unicode.Categories {
		add(name)
	}
	for name := range unicode.Scripts {
		add(name)
	}
	for name := range unicode.CategoryAliases {
		add(name)
	}
	for _, name := range []string{"Any", "ASCII", "Assigned", "LC"} {
		add(name)
	}
	var sorted []string
	for name := range known {
		sorted = append(sorted, name)
	}
	sort.Strings(sorted)
	fmt.Print(`/* regex_names: looks up the names of Unicode classes that Go's regexp accepts in \p{...}.
 *
 *   in     a name in canonical form: the first letter a capital, no blanks, hyphens and underscores
 *   out    how many code points the class lists in the parsed expression, which Go bounds
 *   owns   the table (Unicode ` + unicode.Version + `)
 *   never  edited by hand: tests/regex/gen writes it, see tests/regex/README.md
 */
#include "translator/regex/regex_class.h"

/* clang-format off */
/* name, length, and the length of its negation, of its case-folded form and of that one's
 * negation */
static const struct {
	const char *name;
	unsigned short n_runes[4];
} names[] = {
`)
	line := "\t"
	for _, name := range sorted {
		cell := fmt.Sprintf(`{ "%s", { %d, %d, %d, %d } }, `, name, runes(`\p{`+name+`}`), runes(`\P{`+name+`}`),
			runes(`(?i)\p{`+name+`}`), runes(`(?i)\P{`+name+`}`))
		if len(line)+len(cell) > 93 {
			fmt.Println(strings.TrimRight(line, " "))
			line = "\t"
		}
		line += cell
	}
	fmt.Println(strings.TrimRight(line, " "))
	fmt.Print(`};
/* clang-format on */

long translator_regex_names_size(struct str name, bool negated, bool folded)
{
	size_t from = 0, to = sizeof(names) / sizeof(names[0]);

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = str_cmp(name, str_from(names[middle].name));

		if (order == 0)
			return names[middle].n_runes[(folded ? 2 : 0) + (negated ? 1 : 0)];
		if (order > 0)
			from = middle + 1;
		else
			to = middle;
	}
	return -1;
}
`)
}
