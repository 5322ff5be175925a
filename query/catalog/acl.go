package catalog

import "strings"

// Privilege is a set of rights on an object, as the bits of PostgreSQL's aclitem.
type Privilege uint16

// The rights, in the order in which PostgreSQL writes them.
const (
	PrivInsert Privilege = 1 << iota
	PrivSelect
	PrivUpdate
	PrivDelete
	PrivTruncate
	PrivReferences
	PrivTrigger
	PrivExecute
	PrivUsage
	PrivCreate
	PrivTemp
	PrivConnect
	PrivSet
	PrivAlterSystem
)

// privilegeLetters has the letter of each bit.
const privilegeLetters = "arwdDxtXUCTcsA"

// ACLItem is what one role (0: everybody) may do, and hand on, by another's grant.
type ACLItem struct {
	Grantee     OID       `json:",omitzero"`
	Grantor     OID       `json:",omitzero"`
	Privileges  Privilege `json:",omitzero"`
	GrantOption Privilege `json:",omitzero"`
}

// ACL is the access control list of an object. A nil ACL stands for the built-in default of the object's kind; an empty one grants nothing.
type ACL []ACLItem

// parseACL reads items such as "postgres=arwdDxt/postgres"; names are looked up in roles.
func parseACL(items []string, roles map[string]OID) ACL {
	if items == nil {
		return nil
	}
	acl := make(ACL, 0, len(items))
	for _, s := range items {
		grantee, rest, _ := strings.Cut(s, "=")
		rights, grantor, _ := strings.Cut(rest, "/")
		item := ACLItem{Grantee: roles[grantee], Grantor: roles[grantor]}
		for i := 0; i < len(rights); i++ {
			if rights[i] == '*' {
				item.GrantOption |= 1 << strings.IndexByte(privilegeLetters, rights[i-1])
				continue
			}
			item.Privileges |= 1 << strings.IndexByte(privilegeLetters, rights[i])
		}
		acl = append(acl, item)
	}
	return acl
}
