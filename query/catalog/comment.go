package catalog

// CommentOn is the comment on an object, empty when there is none. A key without a class finds the object in any.
func (s *Snapshot) CommentOn(key Comment) string {
	if text, ok := s.comments[key]; ok {
		return text
	}
	if text := s.data.Comment(key); text != "" || key.Class != 0 {
		return text
	}
	for c, text := range s.comments {
		if c.Object == key.Object && c.Ordinal == key.Ordinal {
			return text
		}
	}
	for c, text := range s.data.comments() {
		if c.Object == key.Object && c.Ordinal == key.Ordinal {
			return text
		}
	}
	return ""
}
