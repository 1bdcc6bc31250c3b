package scenarios

import "regexp"

// accepted keeps account of which listed differences occur.
type accepted struct {
	played int
	seen   map[int]bool // by place in the list
}

func (a *accepted) begin()         { a.played++ }
func (a *accepted) scenarios() int { return a.played }

func (d difference) covers(scenario, client, key, text string) bool {
	return matches(d.where, scenario+"/"+client) && matches(d.key, key) && matches(d.text, text)
}

func matches(pattern, text string) bool {
	return regexp.MustCompile(`(?s)^(?:` + pattern + `)$`).MatchString(text)
}

func (a *accepted) lists(scenario, client, key, text string) bool {
	for _, d := range differences {
		if d.covers(scenario, client, key, text) {
			return true
		}
	}
	return false
}

// take notes that a difference occurs and reports whether it's listed.
func (a *accepted) take(scenario, client, key, text string) bool {
	for i, d := range differences {
		if d.covers(scenario, client, key, text) {
			a.seen[i] = true
			return true
		}
	}
	return false
}

func (a *accepted) unseen() []difference {
	var left []difference
	for i, d := range differences {
		if !a.seen[i] && !d.sometimes {
			left = append(left, d)
		}
	}
	return left
}
