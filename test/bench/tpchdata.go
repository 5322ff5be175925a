package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

// tpchScale divides the rows of scale 1: a tenth of them is made.
const tpchScale = 10

// The sizes of the tables that are counted; orders have one to seven lines each.
const (
	tpchSuppliers = 10_000 / tpchScale
	tpchParts     = 200_000 / tpchScale
	tpchCustomers = 150_000 / tpchScale
	tpchOrders    = 1_500_000 / tpchScale
	tpchClerks    = 1_000 / tpchScale
)

// tpchFirst and tpchNow are the first day of an order and the day that counts as today; the last order is tpchOrderDays after the first.
var (
	tpchFirst = time.Date(1992, 1, 1, 0, 0, 0, 0, time.UTC)
	tpchNow   = time.Date(1995, 6, 17, 0, 0, 0, 0, time.UTC)
)

const tpchOrderDays = 2405 // until 1998-08-02

// tpchTables are the benchmark's eight tables under the specification's rules for values. A row depends on its number alone, so that orders and their
// lines, which are made apart, agree.
func tpchTables() []table {
	return []table{
		{name: "region", columns: "r_regionkey integer PRIMARY KEY, r_name char(25) NOT NULL, r_comment varchar(152)",
			rows: len(tpchRegions), each: 1, row: tpchRegion},
		{name: "nation", columns: "n_nationkey integer PRIMARY KEY, n_name char(25) NOT NULL, n_regionkey integer NOT NULL, n_comment varchar(152)",
			rows: len(tpchNations), each: 1, row: tpchNation},
		{name: "supplier", columns: "s_suppkey integer PRIMARY KEY, s_name char(25) NOT NULL, s_address varchar(40) NOT NULL, s_nationkey integer NOT NULL, " +
			"s_phone char(15) NOT NULL, s_acctbal decimal(15,2) NOT NULL, s_comment varchar(101) NOT NULL", rows: tpchSuppliers, each: 1, row: tpchSupplier},
		{name: "part", columns: "p_partkey integer PRIMARY KEY, p_name varchar(55) NOT NULL, p_mfgr char(25) NOT NULL, p_brand char(10) NOT NULL, " +
			"p_type varchar(25) NOT NULL, p_size integer NOT NULL, p_container char(10) NOT NULL, p_retailprice decimal(15,2) NOT NULL, " +
			"p_comment varchar(23) NOT NULL", rows: tpchParts, each: 1, row: tpchPart},
		{name: "partsupp", columns: "ps_partkey integer NOT NULL, ps_suppkey integer NOT NULL, ps_availqty integer NOT NULL, " +
			"ps_supplycost decimal(15,2) NOT NULL, ps_comment varchar(199) NOT NULL, PRIMARY KEY (ps_partkey, ps_suppkey)",
			rows: tpchParts, each: 4, row: tpchPartSuppliers},
		{name: "customer", columns: "c_custkey integer PRIMARY KEY, c_name varchar(25) NOT NULL, c_address varchar(40) NOT NULL, c_nationkey integer NOT NULL, " +
			"c_phone char(15) NOT NULL, c_acctbal decimal(15,2) NOT NULL, c_mktsegment char(10) NOT NULL, c_comment varchar(117) NOT NULL",
			rows: tpchCustomers, each: 1, row: tpchCustomer},
		{name: "orders", columns: "o_orderkey bigint PRIMARY KEY, o_custkey integer NOT NULL, o_orderstatus char(1) NOT NULL, " +
			"o_totalprice decimal(15,2) NOT NULL, o_orderdate date NOT NULL, o_orderpriority char(15) NOT NULL, o_clerk char(15) NOT NULL, " +
			"o_shippriority integer NOT NULL, o_comment varchar(79) NOT NULL", rows: tpchOrders, each: 1, row: tpchOrder},
		{name: "lineitem", columns: "l_orderkey bigint NOT NULL, l_partkey integer NOT NULL, l_suppkey integer NOT NULL, l_linenumber integer NOT NULL, " +
			"l_quantity decimal(15,2) NOT NULL, l_extendedprice decimal(15,2) NOT NULL, l_discount decimal(15,2) NOT NULL, l_tax decimal(15,2) NOT NULL, " +
			"l_returnflag char(1) NOT NULL, l_linestatus char(1) NOT NULL, l_shipdate date NOT NULL, l_commitdate date NOT NULL, " +
			"l_receiptdate date NOT NULL, l_shipinstruct char(25) NOT NULL, l_shipmode char(10) NOT NULL, l_comment varchar(44) NOT NULL, " +
			"PRIMARY KEY (l_orderkey, l_linenumber)", rows: tpchOrders, each: 7, row: tpchLines},
	}
}

// tpchRandom is the source of one row of a table.
func tpchRandom(table byte, row int) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(table), uint64(row)))
}

// pick gives one of a list.
func pick(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }

// between gives a number from low to high, both included.
func between(r *rand.Rand, low, high int) int { return low + r.IntN(high-low+1) }

// fields writes a row's columns with tabs between them.
func fields(b *bytes.Buffer, values ...any) {
	for i, v := range values {
		if i > 0 {
			b.WriteByte('\t')
		}
		switch v := v.(type) {
		case string:
			b.WriteString(v)
		case int:
			b.Write(strconv.AppendInt(b.AvailableBuffer(), int64(v), 10))
		case cents:
			v.write(b)
		case time.Time:
			b.Write(v.AppendFormat(b.AvailableBuffer(), time.DateOnly))
		}
	}
	b.WriteByte('\n')
}

// cents is an amount with two digits behind the point.
type cents int

func (c cents) write(b *bytes.Buffer) {
	if c < 0 {
		b.WriteByte('-')
		c = -c
	}
	fmt.Fprintf(b, "%d.%02d", int(c)/100, int(c)%100)
}

// remark is text of a length between two bounds, made of words.
func remark(r *rand.Rand, low, high int) string {
	n := between(r, low, high)
	var b bytes.Buffer
	for b.Len() < n {
		b.WriteString(pick(r, tpchWords))
		b.WriteByte(' ')
	}
	return string(bytes.TrimRight(b.Bytes()[:n], " "))
}

// letters is text without words, as addresses are.
func letters(r *rand.Rand, low, high int) string {
	const of = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789, "
	b := make([]byte, between(r, low, high))
	for i := range b {
		b[i] = of[r.IntN(len(of))]
	}
	return "a" + string(b[1:len(b)-1]) + "z"
}

func phone(r *rand.Rand, nation int) string {
	return fmt.Sprintf("%d-%03d-%03d-%04d", nation+10, between(r, 100, 999), between(r, 100, 999), between(r, 1000, 9999))
}

func tpchRegion(b *bytes.Buffer, id int, _ *rand.Rand) int {
	fields(b, id-1, tpchRegions[id-1], remark(tpchRandom('r', id), 31, 115))
	return 1
}

func tpchNation(b *bytes.Buffer, id int, _ *rand.Rand) int {
	n := tpchNations[id-1]
	fields(b, id-1, n.name, n.region, remark(tpchRandom('n', id), 31, 114))
	return 1
}

// tpchSupplier makes five of ten thousand suppliers known for complaints, and five for recommendations.
func tpchSupplier(b *bytes.Buffer, id int, _ *rand.Rand) int {
	r := tpchRandom('s', id)
	nation := r.IntN(len(tpchNations))
	text := remark(r, 25, 100)
	switch id % 400 {
	case 150:
		text = text[:2] + "Customer " + pick(r, tpchWords) + " Complaints"
	case 350:
		text = text[:2] + "Customer " + pick(r, tpchWords) + " Recommends"
	}
	fields(b, id, fmt.Sprintf("Supplier#%09d", id), letters(r, 10, 40), nation, phone(r, nation), cents(between(r, -99_999, 999_999)), text)
	return 1
}

// partPrice is the retail price of a part.
func partPrice(part int) cents { return cents(90_000 + part/10%20_001 + 100*(part%1_000)) }

func tpchPart(b *bytes.Buffer, id int, _ *rand.Rand) int {
	r := tpchRandom('p', id)
	colors := r.Perm(len(tpchColors))
	name := tpchColors[colors[0]]
	for _, c := range colors[1:5] {
		name += " " + tpchColors[c]
	}
	maker := between(r, 1, 5)
	fields(b, id, name, fmt.Sprintf("Manufacturer#%d", maker), fmt.Sprintf("Brand#%d%d", maker, between(r, 1, 5)),
		pick(r, tpchFinishes)+" "+pick(r, tpchCoatings)+" "+pick(r, tpchMetals), between(r, 1, 50),
		pick(r, tpchSizes)+" "+pick(r, tpchBoxes), partPrice(id), remark(r, 5, 22))
	return 1
}

// partSupplier is one of the four suppliers of a part.
func partSupplier(part, which int) int {
	return (part+which*(tpchSuppliers/4+(part-1)/tpchSuppliers))%tpchSuppliers + 1
}

func tpchPartSuppliers(b *bytes.Buffer, part int, _ *rand.Rand) int {
	r := tpchRandom('q', part)
	for i := range 4 {
		fields(b, part, partSupplier(part, i), between(r, 1, 9_999), cents(between(r, 100, 100_000)), remark(r, 49, 198))
	}
	return 4
}

func tpchCustomer(b *bytes.Buffer, id int, _ *rand.Rand) int {
	r := tpchRandom('c', id)
	nation := r.IntN(len(tpchNations))
	fields(b, id, fmt.Sprintf("Customer#%09d", id), letters(r, 10, 40), nation, phone(r, nation), cents(between(r, -99_999, 999_999)),
		pick(r, tpchSegments), remark(r, 29, 116))
	return 1
}

// line is one line of an order.
type line struct {
	part, supplier, quantity, discount, tax int
	price                                   cents
	shipped, promised, received             time.Time
	flag, status                            string
}

// order is an order with its lines. Its key leaves three quarters of the numbers unused, and a third of the customers never order.
type order struct {
	key, customer int
	date          time.Time
	lines         []line
	random        *rand.Rand // for what neither the order nor its lines share
}

func makeOrder(id int) order {
	r := tpchRandom('o', id)
	o := order{key: (id-1)/8*32 + (id-1)%8 + 1, customer: between(r, 1, tpchCustomers), random: r}
	if o.customer%3 == 0 {
		o.customer = max(1, o.customer-1-r.IntN(2))
	}
	o.date = tpchFirst.AddDate(0, 0, r.IntN(tpchOrderDays+1))
	for range between(r, 1, 7) {
		l := line{part: between(r, 1, tpchParts), quantity: between(r, 1, 50), discount: r.IntN(11), tax: r.IntN(9)}
		l.supplier = partSupplier(l.part, r.IntN(4))
		l.price = cents(l.quantity) * partPrice(l.part)
		l.shipped = o.date.AddDate(0, 0, between(r, 1, 121))
		l.promised = o.date.AddDate(0, 0, between(r, 30, 90))
		l.received = l.shipped.AddDate(0, 0, between(r, 1, 30))
		l.flag, l.status = "N", "O"
		if !l.received.After(tpchNow) {
			l.flag = []string{"R", "A"}[r.IntN(2)]
		}
		if !l.shipped.After(tpchNow) {
			l.status = "F"
		}
		o.lines = append(o.lines, l)
	}
	return o
}

func tpchOrder(b *bytes.Buffer, id int, _ *rand.Rand) int {
	o := makeOrder(id)
	r := o.random
	done, total := 0, 0
	for _, l := range o.lines {
		total += int(l.price) * (100 + l.tax) * (100 - l.discount)
		if l.status == "F" {
			done++
		}
	}
	status := "P"
	switch done {
	case 0:
		status = "O"
	case len(o.lines):
		status = "F"
	}
	text := remark(r, 19, 78)
	if r.IntN(60) == 0 {
		text = "the special " + pick(r, tpchWords) + " requests"
	}
	fields(b, o.key, o.customer, status, cents((total+5_000)/10_000), o.date, pick(r, tpchPriorities),
		fmt.Sprintf("Clerk#%09d", between(r, 1, tpchClerks)), 0, text)
	return 1
}

func tpchLines(b *bytes.Buffer, id int, _ *rand.Rand) int {
	o := makeOrder(id)
	for i, l := range o.lines {
		fields(b, o.key, l.part, l.supplier, i+1, cents(100*l.quantity), l.price, cents(l.discount), cents(l.tax), l.flag, l.status,
			l.shipped, l.promised, l.received, pick(o.random, tpchInstructions), pick(o.random, tpchModes), remark(o.random, 10, 43))
	}
	return len(o.lines)
}
