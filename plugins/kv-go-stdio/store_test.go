package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func openAt(t *testing.T, path string) *store {
	t.Helper()
	s, err := openStore(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s *store, pairs ...pair) int64 {
	t.Helper()
	revision, err := s.put(pairs, nil)
	if err != nil {
		t.Fatal(err)
	}
	return revision
}

// What was written is there after the file is opened again.
func TestEntriesSurviveAReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kv.log")
	s := openAt(t, path)
	put(t, s, pair{"a", "1"}, pair{"b", "2"})
	if deleted, err := s.remove("b"); !deleted || err != nil {
		t.Fatal(deleted, err)
	}
	s.file.Close()

	again := openAt(t, path)
	if e, found := again.get("a"); !found || e != (entry{"1", 1}) {
		t.Fatal(e, found)
	}
	if _, found := again.get("b"); found {
		t.Fatal("b was deleted")
	}
	if again.revision != 3 {
		t.Fatal(again.revision)
	}
}

// A line that was torn at any byte counts as never written, and all of its changes with it.
func TestATornLineIsAllOrNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kv.log")
	s := openAt(t, path)
	put(t, s, pair{"kept", "1"})
	before, _ := os.ReadFile(path)
	put(t, s, pair{"x", "2"}, pair{"y", "3"})
	whole, _ := os.ReadFile(path)
	s.file.Close()
	for size := len(before); size < len(whole); size++ {
		torn := filepath.Join(t.TempDir(), "kv.log")
		if err := os.WriteFile(torn, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		again := openAt(t, torn)
		if keys := again.keys(""); len(keys) != 1 || keys[0] != "kept" {
			t.Fatal(size, keys)
		}
		if revision := put(t, again, pair{"new", "4"}); revision != 2 {
			t.Fatal(size, revision)
		}
		again.file.Close()
		if keys := openAt(t, torn).keys(""); len(keys) != 2 {
			t.Fatal(size, keys)
		}
	}
}

// A line whose checksum is wrong ends the reading.
func TestADamagedLineIsNotTaken(t *testing.T) {
	if _, ok := decodeLine([]byte("00000000 [{\"k\":\"a\",\"r\":1}]\n")); ok {
		t.Fatal("the checksum is wrong")
	}
}

// A conditional write needs the expected revision; 0 means that the key is not there.
func TestAConditionIsChecked(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "kv.log"))
	zero, one := int64(0), int64(1)
	if _, err := s.put([]pair{{"a", "1"}}, &zero); err != nil {
		t.Fatal(err)
	}
	var other conflict
	if _, err := s.put([]pair{{"a", "2"}}, &zero); !errors.As(err, &other) || other.revision != 1 {
		t.Fatal(err)
	}
	if revision, err := s.put([]pair{{"a", "2"}}, &one); err != nil || revision != 2 {
		t.Fatal(revision, err)
	}
}

// A file that has grown far beyond its entries is rewritten at the next opening; no entry and no revision is lost.
func TestALongFileIsCompacted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kv.log")
	s := openAt(t, path)
	var batch []pair
	for i := 0; i < 2*compactAbove; i++ {
		batch = append(batch, pair{fmt.Sprint(i % 10), fmt.Sprint(i)})
	}
	put(t, s, batch...)
	if _, err := s.remove("9"); err != nil {
		t.Fatal(err)
	}
	revision := s.revision
	s.file.Close()

	compacted := openAt(t, path)
	if compacted.records > 20 || compacted.revision != revision || len(compacted.keys("")) != 9 {
		t.Fatal(compacted.records, compacted.revision, compacted.keys(""))
	}
	put(t, compacted, pair{"after", "x"})
	compacted.file.Close()
	again := openAt(t, path)
	if again.revision != revision+1 || len(again.keys("")) != 10 {
		t.Fatal(again.revision, again.keys(""))
	}
}

// Keys are listed in the order of their code points.
func TestKeysAreSorted(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "kv.log"))
	put(t, s, pair{"é", ""}, pair{"z", ""}, pair{"😀", ""}, pair{"a", ""}, pair{"\uffee", ""})
	if got := fmt.Sprint(s.keys("")); got != "[a z é \uffee 😀]" {
		t.Fatal(got)
	}
}

// Damage in the middle is refused: what follows it was answered, so it must not be cut off.
func TestDamageInTheMiddleIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kv.log")
	s := openAt(t, path)
	put(t, s, pair{"a", "1"})
	put(t, s, pair{"b", "2"})
	s.file.Close()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[15] ^= 1
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openStore(path); err == nil {
		t.Fatal("a damaged store was opened")
	}
}
