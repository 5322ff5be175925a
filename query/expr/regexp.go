package expr

import (
	"unicode/utf8"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// regexpCacheMax is how many compiled patterns an Env keeps.
const regexpCacheMax = 64

type regexpKey struct {
	pattern string
	opt     rxOptions
}

// regexp compiles a pattern, or finds it among those compiled before.
func (env *Env) regexp(pattern string, opt rxOptions) (*rx, error) {
	key := regexpKey{pattern, opt}
	if r, ok := env.patterns[key]; ok {
		return r, nil
	}
	r, err := compileRegexp(pattern, opt)
	if err != nil {
		return nil, err
	}
	if len(env.patterns) >= regexpCacheMax || env.patterns == nil {
		env.patterns = map[regexpKey]*rx{}
	}
	key.pattern = string(append([]byte(nil), pattern...))
	env.patterns[key] = r
	return r, nil
}

// plainRegexp are the options of the operators.
var plainRegexp = rxOptions{dotNewline: true}

// regexpFlags reads the flags argument of a function.
func regexpFlags(flags string) (opt rxOptions, global bool, err error) {
	opt = plainRegexp
	for i, c := range flags {
		if c == 'g' {
			global = true
			continue
		}
		if e := opt.set(c); e != nil {
			if pgerror.HasCode(e, pgerror.FeatureNotSupported) {
				return opt, false, e
			}
			_, n := utf8.DecodeRuneInString(flags[i:])
			return opt, false, pgerror.New(pgerror.InvalidParameterValue, "invalid regular expression option: \"%s\"", flags[i:i+n])
		}
	}
	return opt, global, nil
}

func noGlobal(name, hint string) error {
	e := pgerror.New(pgerror.InvalidParameterValue, "%s does not support the \"global\" option", name)
	if hint != "" {
		e = e.WithHint("%s", hint)
	}
	return e
}

func regexpFunctions() []entry {
	var out []entry
	for _, prefix := range []string{"text", "name"} {
		for suffix, mode := range map[string][2]bool{"regexeq": {}, "regexne": {false, true}, "icregexeq": {true, false}, "icregexne": {true, true}} {
			opt := plainRegexp
			opt.fold = mode[0]
			not := mode[1]
			out = append(out, fn2(prefix+suffix, func(env *Env, a, b datum) (datum, error) {
				r, err := env.regexp(b.Str(), opt)
				if err != nil {
					return sqltypes.Null, err
				}
				ok, err := r.matches(env, a.Str())
				return sqltypes.Bool(ok != not), err
			}))
		}
	}
	substr := func(env *Env, a, b datum) (datum, error) {
		r, err := env.regexp(b.Str(), plainRegexp)
		if err != nil {
			return sqltypes.Null, err
		}
		caps, err := r.find(env, a.Str(), 0)
		if err != nil || caps == nil {
			return sqltypes.Null, err
		}
		return captured(a.Str(), caps, min(r.groups, 1)), nil
	}
	out = append(out, fn2("textregexsubstr", substr),
		fnN("sql_substring_2074", func(env *Env, a []datum) (datum, error) {
			pattern, err := similarToRegexp(a[1].Str(), a[2].Str())
			if err != nil {
				return sqltypes.Null, err
			}
			return substr(env, a[0], pattern)
		}))
	for _, source := range []string{"textregexreplace_noopt", "textregexreplace"} {
		out = append(out, fnN(source, regexpReplace))
	}
	for _, source := range []string{"textregexreplace_extended", "textregexreplace_extended_no_flags", "textregexreplace_extended_no_n"} {
		out = append(out, fnN(source, regexpReplaceAt))
	}
	for _, suffix := range []string{"", "_no_flags"} {
		out = append(out, fnN("regexp_match"+suffix, regexpMatch), fnN("regexp_like"+suffix, regexpLike),
			fnN("regexp_count"+suffix, regexpCount), fnN("regexp_split_to_array"+suffix, regexpSplitToArray))
	}
	out = append(out, fnN("regexp_count_no_start", regexpCount))
	for _, suffix := range []string{"", "_no_start", "_no_n", "_no_flags", "_no_subexpr"} {
		out = append(out, fnN("regexp_instr"+suffix, regexpInstr), fnN("regexp_substr"+suffix, regexpSubstr))
	}
	return append(out, fnN("regexp_instr_no_endoption", regexpInstr))
}

func regexpSets() map[string]func(*CallInfo) setFn {
	return map[string]func(*CallInfo) setFn{
		"regexp_matches":                 plainSet(regexpMatches),
		"regexp_matches_no_flags":        plainSet(regexpMatches),
		"regexp_split_to_table":          plainSet(regexpSplitToTable),
		"regexp_split_to_table_no_flags": plainSet(regexpSplitToTable),
	}
}

// captured is what a group holds, NULL when it took no part.
func captured(text string, caps []int, group int) datum {
	if caps[2*group] < 0 {
		return sqltypes.Null
	}
	return sqltypes.String(text[caps[2*group]:caps[2*group+1]])
}

// flagsAt reads the flags if the call has them.
func flagsAt(a []datum, n int) (rxOptions, bool, error) {
	if len(a) <= n {
		return plainRegexp, false, nil
	}
	return regexpFlags(a[n].Str())
}

// eachMatch visits the matches one after the other; f answers false to stop.
func eachMatch(env *Env, r *rx, text string, from int, f func(caps []int) bool) error {
	for at := from; at <= len(text); {
		caps, err := r.find(env, text, at)
		if err != nil || caps == nil {
			return err
		}
		if !f(caps) {
			return nil
		}
		if err := env.CheckCancel(); err != nil {
			return err
		}
		at = caps[1]
		if caps[0] == caps[1] {
			if at >= len(text) {
				return nil
			}
			_, n := utf8.DecodeRuneInString(text[at:])
			at += n
		}
	}
	return nil
}

func invalidParameter(name string, value int64) error {
	return pgerror.New(pgerror.InvalidParameterValue, "invalid value for parameter \"%s\": %d", name, value)
}

// startAt turns a 1-based start into a byte offset; past the text it is behind its end.
func startAt(text string, start int64) (int, error) {
	if start <= 0 {
		return 0, invalidParameter("start", start)
	}
	if start-1 > int64(utf8.RuneCountInString(text)) {
		return len(text) + 1, nil
	}
	return skipChars(text, start-1), nil
}

func regexpReplace(env *Env, a []datum) (datum, error) {
	if len(a) > 3 && a[3].Str() != "" && a[3].Str()[0] >= '0' && a[3].Str()[0] <= '9' {
		return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "invalid regular expression option: \"%s\"", a[3].Str()[:1]).
			WithHint("If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly.")
	}
	opt, global, err := flagsAt(a, 3)
	if err != nil {
		return sqltypes.Null, err
	}
	n := int64(1)
	if global {
		n = 0
	}
	return replaceMatches(env, a[0].Str(), a[1].Str(), a[2].Str(), opt, 0, n)
}

func regexpReplaceAt(env *Env, a []datum) (datum, error) {
	from, err := startAt(a[0].Str(), a[3].Int())
	if err != nil {
		return sqltypes.Null, err
	}
	n := int64(1)
	if len(a) > 4 {
		if n = a[4].Int(); n < 0 {
			return sqltypes.Null, invalidParameter("n", n)
		}
	}
	opt, global, err := flagsAt(a, 5)
	if err != nil {
		return sqltypes.Null, err
	}
	if global && len(a) <= 4 {
		n = 0
	}
	return replaceMatches(env, a[0].Str(), a[1].Str(), a[2].Str(), opt, from, n)
}

// replaceMatches replaces the n-th match, or every one for 0.
func replaceMatches(env *Env, text, pattern, by string, opt rxOptions, from int, n int64) (datum, error) {
	r, err := env.regexp(pattern, opt)
	if err != nil {
		return sqltypes.Null, err
	}
	var out []byte
	done, count := 0, int64(0)
	err = eachMatch(env, r, text, from, func(caps []int) bool {
		if count++; n > 0 && count != n {
			return true
		}
		out = append(out, text[done:caps[0]]...)
		out = appendReplacement(out, by, text, caps)
		done = caps[1]
		return n == 0 && len(out) <= textMax
	})
	if err != nil {
		return sqltypes.Null, err
	}
	if len(out) > textMax {
		return sqltypes.Null, tooLong()
	}
	return sqltypes.Bytes(append(out, text[done:]...)), nil
}

// appendReplacement fills in \1 … \9, \& and \\.
func appendReplacement(dst []byte, by, text string, caps []int) []byte {
	for i := 0; i < len(by); i++ {
		if by[i] != '\\' || i+1 == len(by) {
			dst = append(dst, by[i])
			continue
		}
		i++
		group := -1
		switch c := by[i]; {
		case c >= '1' && c <= '9':
			group = int(c - '0')
		case c == '&':
			group = 0
		case c == '\\':
			dst = append(dst, '\\')
			continue
		default:
			dst = append(dst, '\\')
			i--
			continue
		}
		if 2*group < len(caps) && caps[2*group] >= 0 {
			dst = append(dst, text[caps[2*group]:caps[2*group+1]]...)
		}
	}
	return dst
}

// groupsArray is what regexp_match gives: the groups, or the whole match when there are none.
func groupsArray(r *rx, text string, caps []int) datum {
	if r.groups == 0 {
		return sqltypes.FromArray(newArray(sqltypes.TextOID, []datum{captured(text, caps, 0)}))
	}
	list := make([]datum, r.groups)
	for i := range list {
		list[i] = captured(text, caps, i+1)
	}
	return sqltypes.FromArray(newArray(sqltypes.TextOID, list))
}

func regexpMatch(env *Env, a []datum) (datum, error) {
	opt, global, err := flagsAt(a, 2)
	if err != nil {
		return sqltypes.Null, err
	}
	if global {
		return sqltypes.Null, noGlobal("regexp_match()", "Use the regexp_matches function instead.")
	}
	r, err := env.regexp(a[1].Str(), opt)
	if err != nil {
		return sqltypes.Null, err
	}
	caps, err := r.find(env, a[0].Str(), 0)
	if err != nil || caps == nil {
		return sqltypes.Null, err
	}
	return groupsArray(r, a[0].Str(), caps), nil
}

func regexpMatches(env *Env, a []datum) (RowSource, error) {
	opt, global, err := flagsAt(a, 2)
	if err != nil {
		return nil, err
	}
	r, err := env.regexp(a[1].Str(), opt)
	if err != nil {
		return nil, err
	}
	out := &sliceRows{}
	err = eachMatch(env, r, a[0].Str(), 0, func(caps []int) bool {
		out.add(groupsArray(r, a[0].Str(), caps))
		return global
	})
	return out, err
}

func regexpLike(env *Env, a []datum) (datum, error) {
	opt, global, err := flagsAt(a, 2)
	if err != nil {
		return sqltypes.Null, err
	}
	if global {
		return sqltypes.Null, noGlobal("regexp_like()", "")
	}
	r, err := env.regexp(a[1].Str(), opt)
	if err != nil {
		return sqltypes.Null, err
	}
	ok, err := r.matches(env, a[0].Str())
	return sqltypes.Bool(ok), err
}

func regexpCount(env *Env, a []datum) (datum, error) {
	from := 0
	if len(a) > 2 {
		var err error
		if from, err = startAt(a[0].Str(), a[2].Int()); err != nil {
			return sqltypes.Null, err
		}
	}
	opt, global, err := flagsAt(a, 3)
	if err != nil {
		return sqltypes.Null, err
	}
	if global {
		return sqltypes.Null, noGlobal("regexp_count()", "")
	}
	r, err := env.regexp(a[1].Str(), opt)
	if err != nil {
		return sqltypes.Null, err
	}
	n := int64(0)
	err = eachMatch(env, r, a[0].Str(), from, func([]int) bool { n++; return true })
	return sqltypes.Int(n), err
}

// split gives the parts between matches; matches of no length at the ends, or just behind another one, do not count.
func split(env *Env, a []datum, name string) ([]datum, error) {
	opt, global, err := flagsAt(a, 2)
	if err != nil {
		return nil, err
	}
	if global {
		return nil, noGlobal(name, "")
	}
	r, err := env.regexp(a[1].Str(), opt)
	if err != nil {
		return nil, err
	}
	text := a[0].Str()
	var parts []datum
	done, last := 0, 0
	err = eachMatch(env, r, text, 0, func(caps []int) bool {
		if caps[0] < len(text) && caps[1] > last {
			parts = append(parts, sqltypes.String(text[done:caps[0]]))
			done = caps[1]
		}
		last = caps[1]
		return true
	})
	return append(parts, sqltypes.String(text[done:])), err
}

func regexpSplitToArray(env *Env, a []datum) (datum, error) {
	parts, err := split(env, a, "regexp_split_to_array()")
	if err != nil {
		return sqltypes.Null, err
	}
	return sqltypes.FromArray(newArray(sqltypes.TextOID, parts)), nil
}

func regexpSplitToTable(env *Env, a []datum) (RowSource, error) {
	parts, err := split(env, a, "regexp_split_to_table()")
	if err != nil {
		return nil, err
	}
	out := &sliceRows{}
	for _, p := range parts {
		out.add(p)
	}
	return out, nil
}

// nthMatch reads the arguments start, n and subexpr that regexp_instr and regexp_substr share, and finds the match.
func nthMatch(env *Env, a []datum, name string, flags, group int) (caps []int, subexpr int, err error) {
	from, n := 0, int64(1)
	if len(a) > 2 {
		if from, err = startAt(a[0].Str(), a[2].Int()); err != nil {
			return nil, 0, err
		}
	}
	if len(a) > 3 {
		if n = a[3].Int(); n <= 0 {
			return nil, 0, invalidParameter("n", n)
		}
	}
	if name == "regexp_instr()" && len(a) > 4 && a[4].Int() != 0 && a[4].Int() != 1 {
		return nil, 0, invalidParameter("endoption", a[4].Int())
	}
	if len(a) > group {
		if a[group].Int() < 0 {
			return nil, 0, invalidParameter("subexpr", a[group].Int())
		}
		subexpr = int(a[group].Int())
	}
	opt, global, err := flagsAt(a, flags)
	if err != nil {
		return nil, 0, err
	}
	if global {
		return nil, 0, noGlobal(name, "")
	}
	r, err := env.regexp(a[1].Str(), opt)
	if err != nil {
		return nil, 0, err
	}
	err = eachMatch(env, r, a[0].Str(), from, func(c []int) bool {
		if n--; n == 0 {
			caps = c
		}
		return n > 0
	})
	switch {
	case r.groups == 0 && subexpr == 1:
		subexpr = 0 // the whole match is the only part
	case subexpr > r.groups:
		caps = nil
	}
	return caps, subexpr, err
}

func regexpInstr(env *Env, a []datum) (datum, error) {
	caps, group, err := nthMatch(env, a, "regexp_instr()", 5, 6)
	if err != nil || caps == nil || caps[2*group] < 0 {
		return sqltypes.Int(0), err
	}
	at := caps[2*group]
	if len(a) > 4 && a[4].Int() == 1 {
		at = caps[2*group+1]
	}
	return sqltypes.Int(int64(utf8.RuneCountInString(a[0].Str()[:at])) + 1), nil
}

func regexpSubstr(env *Env, a []datum) (datum, error) {
	caps, group, err := nthMatch(env, a, "regexp_substr()", 4, 5)
	if err != nil || caps == nil {
		return sqltypes.Null, err
	}
	return captured(a[0].Str(), caps, group), nil
}
