package txn

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/opendsql/opendsql/journal"
)

const (
	bankAccounts = 400
	bankBalance  = 100
)

func bankValue(n int64) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(n)) }

// transfer moves money between two accounts. An account that becomes empty is deleted until it receives money again.
func transfer(db *DB, random *rand.Rand) error {
	tx, err := db.Begin(context.Background())
	if err != nil {
		return err
	}
	defer tx.Rollback()
	from, to := benchKey(random.IntN(bankAccounts)), benchKey(random.IntN(bankAccounts))
	if string(from) == string(to) {
		return nil
	}
	balances := [2]int64{}
	for i, key := range [][]byte{from, to} {
		value, ok, err := tx.Get(key)
		if err != nil {
			return err
		}
		if ok {
			balances[i] = int64(binary.LittleEndian.Uint64(value))
		}
		tx.Mark(key, journal.Replace)
	}
	amount := min(balances[0], int64(random.IntN(50)))
	if balances[0] == amount {
		tx.Delete(from)
	} else {
		tx.Put(from, bankValue(balances[0]-amount))
	}
	tx.Put(to, bankValue(balances[1]+amount))
	_, err = tx.Commit(context.Background())
	return err
}

// audit adds all accounts up in each way there is to read them.
func audit(db *DB) error {
	tx, err := db.Begin(context.Background())
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, way := range []string{"scan", "blocks", "get"} {
		sum := int64(0)
		var err error
		switch way {
		case "scan":
			it := tx.Scan(Span{})
			for it.Next() {
				sum += int64(binary.LittleEndian.Uint64(it.Value()))
			}
			err = it.Close()
		case "blocks":
			it := tx.ScanBlocks(Span{}, []any{"sum"}, sumDecoder{})
			for it.Next() {
				sum += sumView(it.View())
			}
			err = it.Err()
		case "get":
			for i := range bankAccounts {
				value, ok, getErr := tx.Get(benchKey(i))
				if err = errors.Join(err, getErr); ok {
					sum += int64(binary.LittleEndian.Uint64(value))
				}
			}
		}
		if err != nil {
			return err
		}
		if sum != bankAccounts*bankBalance {
			return fmt.Errorf("by %s there is %d, at %d", way, sum, tx.Start())
		}
	}
	return nil
}

func sumView(v *BlockView) (sum int64) {
	skip := v.Skip
	for row := v.From; row < v.To; row++ {
		if len(skip) > 0 && int(skip[0]) == row {
			skip = skip[1:]
			continue
		}
		sum += (*v.Parts[0].(*[]int64))[row]
	}
	if v.Fresh != nil {
		for _, x := range *v.Fresh[0].(*[]int64) {
			sum += x
		}
	}
	return sum
}

// While money moves, every snapshot adds up, however it is read, and old versions go away all the time.
func TestBank(t *testing.T) {
	db := openMemory(t, Config{AgeLimit: 100 * time.Millisecond})
	open := func() error {
		tx := begin(t, db)
		for i := range bankAccounts {
			tx.Put(benchKey(i), bankValue(bankBalance))
		}
		_, err := tx.Commit(context.Background())
		return err
	}
	if err := untilYoung(open); err != nil {
		t.Fatal(err)
	}
	var writers, readers sync.WaitGroup
	stop := make(chan struct{})
	for w := range 3 {
		writers.Go(func() {
			random := rand.New(rand.NewPCG(uint64(w), 0))
			for range 1000 {
				if err := transfer(db, random); err != nil && !errors.Is(err, ErrConflict) && !errors.Is(err, ErrTooOld) {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := audit(db); err != nil && !errors.Is(err, ErrTooOld) {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	if err := untilYoung(func() error { return audit(db) }); err != nil {
		t.Error(err)
	}
}

// untilYoung repeats what was too slow for the short age limit on a busy machine.
func untilYoung(f func() error) error {
	for {
		if err := f(); !errors.Is(err, ErrTooOld) {
			return err
		}
	}
}
