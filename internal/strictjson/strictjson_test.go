package strictjson

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":[1,"x",true,null,{"b":-1.5e3}]}`: "",
		`{"a":1,"a":2}`:                        `has the member "a" twice`,
		`{"a":{"b":1,"\u0062":2}}`:             `has the member "b" twice`,
		`{} {}`:                                "is not valid JSON",
		``:                                     "is not valid JSON",
		"\"\xff\"":                             "is not valid UTF-8",
		strings.Repeat("[", DepthMax) + strings.Repeat("]", DepthMax):     "",
		strings.Repeat("[", DepthMax+1) + strings.Repeat("]", DepthMax+1): "is nested too deeply",
		`"` + strings.Repeat("[", 100) + `"`:                              "",
	} {
		_, err := Parse([]byte(text))
		if (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%.40s: %v, want %q", text, err, want)
		}
	}
}

// What is accepted means to encoding/json what it means here.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"a":[1,"x",true,null,{"b":-1.5e3}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := Parse(text)
		if err != nil {
			return
		}
		var lenient any
		d := json.NewDecoder(strings.NewReader(string(text)))
		d.UseNumber()
		if err := d.Decode(&lenient); err != nil {
			t.Fatal(err)
		}
		a, _ := json.Marshal(v)
		b, _ := json.Marshal(lenient)
		if string(a) != string(b) {
			t.Fatalf("%s and %s", a, b)
		}
	})
}
