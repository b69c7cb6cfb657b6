package pretend

// A Person can be chosen on the sign-in page.
type Person struct {
	Subject    string // 21 digits, like Google's
	Name       string
	GivenName  string
	FamilyName string
	Email      string
	// HostedDomain is the organisation's domain (claim hd), empty for people
	// with an account of their own.
	HostedDomain string
	// Portrait names the drawing: "mira", "tomas" or "aiko". Others get the
	// first letter of their name.
	Portrait string
	// Staff works for the application. Providers say so in their own way, or not
	// at all; what follows from it is up to the application's role mappings.
	Staff bool
}

// MadeUp returns the three people of the demo. Any likeness is accidental.
func MadeUp() []Person {
	return []Person{
		{
			Subject: "108204268033311374519", Name: "Mira Solberg", GivenName: "Mira", FamilyName: "Solberg",
			Email: "mira@example.com", HostedDomain: "example.com", Portrait: "mira",
		},
		{
			Subject: "113907524416820957336", Name: "Tomás Ferreira", GivenName: "Tomás", FamilyName: "Ferreira",
			Email: "tomas@example.com", HostedDomain: "example.com", Portrait: "tomas",
		},
		{
			Subject: "101556329870164482905", Name: "Aiko Tanaka", GivenName: "Aiko", FamilyName: "Tanaka",
			Email: "aiko@example.org", Portrait: "aiko", Staff: true,
		},
	}
}

// person finds someone by sub or e-mail address.
func (g *Google) person(key string) (Person, bool) { return findPerson(g.people, key) }

func findPerson(people []Person, key string) (Person, bool) {
	for _, p := range people {
		if key != "" && (p.Subject == key || p.Email == key) {
			return p, true
		}
	}
	return Person{}, false
}
