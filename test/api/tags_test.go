package api_test

import (
	"fmt"
	"maps"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"
)

// tagging is a test of one resource's tags.
type tagging struct {
	*testing.T
	c   *dsql.Client
	arn *string
}

func (t tagging) tag(tags map[string]string) error {
	_, err := t.c.TagResource(t.Context(), &dsql.TagResourceInput{ResourceArn: t.arn, Tags: tags})
	return err
}

func (t tagging) untag(keys ...string) error {
	_, err := t.c.UntagResource(t.Context(), &dsql.UntagResourceInput{ResourceArn: t.arn, TagKeys: keys})
	return err
}

func (t tagging) are(want map[string]string) {
	t.Helper()
	got, err := t.c.ListTagsForResource(t.Context(), &dsql.ListTagsForResourceInput{ResourceArn: t.arn})
	if err != nil || got.Tags == nil || !maps.Equal(got.Tags, want) {
		t.Errorf("tags are %+v %v, want %v", got, err, want)
	}
}

// Clusters and streams are tagged alike: added, replaced, dropped, and {} after the last one.
func TestLifeOfTags(t *testing.T) {
	s := start(t, nil)
	c := s.client("us-east-1")
	id, made := s.active(c)
	stream, err := c.CreateStream(t.Context(), stream(id, map[string]string{"one": "1"}))
	if err != nil {
		t.Fatal(err)
	}
	if err := (tagging{t, c, made.Arn}).tag(map[string]string{"one": "1"}); err != nil {
		t.Fatal(err)
	}
	for _, r := range []tagging{{t, c, made.Arn}, {t, c, stream.Arn}} {
		r.are(map[string]string{"one": "1"})
		for _, err := range []error{r.tag(map[string]string{"one": "", "two +-=._:/@": "2 +-=._:/@"}), r.tag(map[string]string{}), r.untag("none")} {
			if err != nil {
				t.Error(err)
			}
		}
		r.are(map[string]string{"one": "", "two +-=._:/@": "2 +-=._:/@"})
		if err := r.untag("one", "none"); err != nil {
			t.Error(err)
		}
		r.are(map[string]string{"two +-=._:/@": "2 +-=._:/@"})
		if err := r.untag("two +-=._:/@"); err != nil {
			t.Error(err)
		}
		r.are(map[string]string{})
	}
	if got, err := c.GetCluster(t.Context(), &dsql.GetClusterInput{Identifier: &id}); err != nil || len(got.Tags) != 0 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestRefusedTags(t *testing.T) {
	s := start(t, nil)
	c := s.client("us-east-1")
	made := s.create(c, &dsql.CreateClusterInput{Tags: map[string]string{"kept": "1"}})
	r := tagging{t, c, made.Arn}
	for field, tags := range map[string]map[string]string{"tags": {"aws:name": "x"}, "tags.a": {"a": "!"}} {
		e := refused[*types.ValidationException](t, r.tag(tags))
		if e.Reason != types.ValidationExceptionReasonFieldValidationFailed || *e.FieldList[0].Name != field {
			t.Errorf("%+v", e)
		}
	}
	refused[*types.ValidationException](t, r.untag("!"))
	tags := map[string]string{}
	for i := range 49 {
		tags[fmt.Sprint("k", i)] = "v"
	}
	if err := r.tag(tags); err != nil {
		t.Fatal(err)
	}
	e := refused[*types.ServiceQuotaExceededException](t, r.tag(map[string]string{"one more": ""}))
	if *e.ResourceId != *made.Arn || *e.ResourceType != "tag" || *e.ServiceCode != "dsql" || *e.QuotaCode == "" || *e.Message == "" {
		t.Errorf("%+v", e)
	}
	if err := r.tag(map[string]string{"kept": "2"}); err != nil { // still 50
		t.Error(err)
	}
	tags["kept"] = "2"
	r.are(tags)
	for arn, typ := range map[string]string{
		"arn:aws:dsql:us-east-1:" + account + ":cluster/" + missing: "cluster", "arn:aws:dsql:us-east-2:" + account + ":cluster/" + *made.Identifier: "cluster",
		*made.Arn + "/stream/" + missing: "stream",
	} {
		lost := tagging{t, c, aws.String(arn)}
		_, err := c.ListTagsForResource(t.Context(), &dsql.ListTagsForResourceInput{ResourceArn: &arn})
		for _, err := range []error{err, lost.tag(map[string]string{"a": "b"}), lost.untag("a")} {
			if e := refused[*types.ResourceNotFoundException](t, err); *e.ResourceType != typ {
				t.Errorf("%s: %+v", arn, e)
			}
		}
	}
	for _, arn := range []string{"arn:aws:s3:::bucket", "arn:aws:dsql:us-east-1:" + account + ":cluster/x", *made.Arn + "/stream/"} {
		e := refused[*types.ValidationException](t, tagging{t, c, &arn}.tag(map[string]string{"a": "b"}))
		if *e.FieldList[0].Name != "resourceArn" {
			t.Errorf("%+v", e)
		}
	}
}

// Concurrent writers of different tags lose none.
func TestConcurrentTags(t *testing.T) {
	s := start(t, nil)
	c := s.client("us-east-1")
	r := tagging{t, c, s.create(c, &dsql.CreateClusterInput{}).Arn}
	want := map[string]string{}
	var all sync.WaitGroup
	for i := range 20 {
		key := fmt.Sprint("k", i)
		want[key] = ""
		all.Go(func() {
			if err := r.tag(map[string]string{key: ""}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	r.are(want)
}
