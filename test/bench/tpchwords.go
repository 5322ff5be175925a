package main

// The values that the benchmark's specification gives for columns that its queries compare with. Where it only asks for text, the words are ours.
var (
	tpchRegions = []string{"AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"}

	tpchNations = []struct {
		name   string
		region int
	}{
		{"ALGERIA", 0}, {"ARGENTINA", 1}, {"BRAZIL", 1}, {"CANADA", 1}, {"EGYPT", 4}, {"ETHIOPIA", 0}, {"FRANCE", 3}, {"GERMANY", 3}, {"INDIA", 2},
		{"INDONESIA", 2}, {"IRAN", 4}, {"IRAQ", 4}, {"JAPAN", 2}, {"JORDAN", 4}, {"KENYA", 0}, {"MOROCCO", 0}, {"MOZAMBIQUE", 0}, {"PERU", 1},
		{"CHINA", 2}, {"ROMANIA", 3}, {"SAUDI ARABIA", 4}, {"VIETNAM", 2}, {"RUSSIA", 3}, {"UNITED KINGDOM", 3}, {"UNITED STATES", 1},
	}

	tpchFinishes = []string{"STANDARD", "SMALL", "MEDIUM", "LARGE", "ECONOMY", "PROMO"}
	tpchCoatings = []string{"ANODIZED", "BURNISHED", "PLATED", "POLISHED", "BRUSHED"}
	tpchMetals   = []string{"TIN", "NICKEL", "BRASS", "STEEL", "COPPER"}
	tpchSizes    = []string{"SM", "LG", "MED", "JUMBO", "WRAP"}
	tpchBoxes    = []string{"CASE", "BOX", "BAG", "JAR", "PKG", "PACK", "CAN", "DRUM"}

	tpchSegments     = []string{"AUTOMOBILE", "BUILDING", "FURNITURE", "MACHINERY", "HOUSEHOLD"}
	tpchPriorities   = []string{"1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"}
	tpchInstructions = []string{"DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"}
	tpchModes        = []string{"REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"}

	tpchColors = []string{
		"amber", "apricot", "aqua", "beige", "black", "blue", "bronze", "brown", "burgundy", "charcoal", "cherry", "chocolate", "cobalt", "copper",
		"coral", "cream", "crimson", "cyan", "ebony", "emerald", "fawn", "forest", "fuchsia", "gold", "graphite", "green", "grey", "hazel", "honey",
		"indigo", "ivory", "jade", "khaki", "lavender", "lemon", "lilac", "lime", "magenta", "mahogany", "maroon", "mint", "mustard", "navy", "ochre",
		"olive", "orange", "peach", "pearl", "pink", "plum", "purple", "red", "rose", "ruby", "rust", "saffron", "salmon", "sand", "sapphire",
		"scarlet", "sepia", "silver", "sky", "slate", "tan", "teal", "turquoise", "umber", "vanilla", "violet", "walnut", "white", "wine", "yellow",
	}

	tpchWords = []string{
		"about", "account", "across", "after", "again", "along", "apple", "arrive", "balance", "before", "behind", "between", "bottle", "bridge",
		"calm", "carry", "certain", "circle", "clear", "common", "corner", "couple", "deliver", "demand", "double", "early", "engine", "every",
		"final", "follow", "furnace", "garden", "gentle", "harbour", "hurry", "inside", "journey", "keep", "ladder", "later", "little", "market",
		"measure", "middle", "morning", "never", "number", "often", "order", "outside", "packet", "paper", "plain", "promise", "quick", "quiet",
		"rapid", "regular", "remain", "river", "second", "silent", "sleep", "slowly", "special", "steady", "street", "summer", "table", "through",
		"timber", "travel", "under", "unusual", "usual", "valley", "water", "weekly", "window", "winter", "within", "yesterday",
	}
)
