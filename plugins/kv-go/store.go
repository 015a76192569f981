package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	lockWait        = 5 * time.Second // a predecessor needs a moment to leave
	compactAbove    = 1000            // records; below it a rewrite is not worth the disk's time
	compactionRatio = 2               // records a key
)

// entry is what the store knows of one key.
type entry struct {
	Value    string `json:"value"`
	Revision int64  `json:"revision"`
}

// change is one change of one key, as it stands in the file.
type change struct {
	Key      string `json:"k"`
	Value    string `json:"v,omitempty"`
	Revision int64  `json:"r"`
	Deleted  bool   `json:"d,omitempty"`
}

// conflict says that a key has another revision than the caller expected.
type conflict struct{ revision int64 }

func (c conflict) Error() string { return fmt.Sprintf("the key has revision %d", c.revision) }

// store keeps all entries in memory and every change in one append-only file. A line is a checksum and a JSON array of
// changes that belong together: a line that is torn at a crash counts as never written, so a batch is all or nothing.
type store struct {
	mu       sync.RWMutex
	path     string
	file     *os.File
	entries  map[string]entry
	revision int64
	records  int
	broken   error // a write that failed half-way: nothing more is written
}

func openStore(path string) (*store, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lock(file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	s := &store{path: path, file: file, entries: map[string]entry{}}
	if err := s.read(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if s.records > compactAbove && s.records > compactionRatio*len(s.entries) {
		if err := s.compact(); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return s, nil
}

func lock(file *os.File) error {
	for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return nil
		}
		if time.Since(start) > lockWait {
			return errors.New("another process has the store open")
		}
	}
}

// read takes in the file and cuts off a torn end: a change that was never answered. Damage with more after it is no torn
// end, and going on would lose what was answered: that is an error.
func (s *store) read() error {
	reader := bufio.NewReader(s.file)
	var good int64
	for {
		line, err := reader.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		changes, ok := decodeLine(line)
		if !ok {
			if _, err := reader.Peek(1); err == nil {
				return fmt.Errorf("damaged at byte %d, with more changes after it; restore it from a backup", good)
			}
			break
		}
		s.apply(changes)
		good += int64(len(line))
	}
	if err := s.file.Truncate(good); err != nil {
		return err
	}
	_, err := s.file.Seek(good, io.SeekStart)
	return err
}

func encodeLine(changes []change) ([]byte, error) {
	body, err := json.Marshal(changes)
	if err != nil {
		return nil, err
	}
	return []byte(fmt.Sprintf("%08x %s\n", crc32.ChecksumIEEE(body), body)), nil
}

func decodeLine(line []byte) ([]change, bool) {
	var sum uint32
	var changes []change
	text := strings.TrimSuffix(string(line), "\n")
	head, body, found := strings.Cut(text, " ")
	if _, err := fmt.Sscanf(head, "%08x", &sum); !found || err != nil || crc32.ChecksumIEEE([]byte(body)) != sum {
		return nil, false
	}
	return changes, json.Unmarshal([]byte(body), &changes) == nil
}

func (s *store) apply(changes []change) {
	for _, c := range changes {
		if c.Deleted {
			delete(s.entries, c.Key)
		} else {
			s.entries[c.Key] = entry{Value: c.Value, Revision: c.Revision}
		}
		s.revision = max64(s.revision, c.Revision)
	}
	s.records += len(changes)
}

// write puts the changes on the disk, then into memory.
func (s *store) write(changes []change) error {
	if s.broken != nil {
		return s.broken
	}
	line, err := encodeLine(changes)
	if err != nil {
		return err
	}
	if _, err = s.file.Write(line); err == nil {
		err = s.file.Sync()
	}
	if err != nil {
		// What is on the disk now is unknown: a restart reads it again.
		s.broken = fmt.Errorf("the store cannot be written any more: %w", err)
		return s.broken
	}
	s.apply(changes)
	return nil
}

// compact rewrites the file with just the living entries.
func (s *store) compact() error {
	changes := make([]change, 0, len(s.entries)+1)
	for key, e := range s.entries {
		changes = append(changes, change{Key: key, Value: e.Value, Revision: e.Revision})
	}
	sort.Slice(changes, func(i, j int) bool { return changes[i].Revision < changes[j].Revision })
	if len(changes) == 0 || changes[len(changes)-1].Revision < s.revision {
		// The last change was a deletion: the revision must not go back.
		changes = append(changes, change{Key: "", Revision: s.revision, Deleted: true})
	}
	file, err := os.CreateTemp(filepath.Dir(s.path), ".compact-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // does nothing once it was renamed
	for _, c := range changes {
		line, err := encodeLine([]change{c})
		if err == nil {
			_, err = file.Write(line)
		}
		if err != nil {
			return err
		}
	}
	if err := errors.Join(file.Sync(), lock(file), os.Rename(file.Name(), s.path), syncFolder(filepath.Dir(s.path))); err != nil {
		return err
	}
	s.file.Close()
	s.file, s.records = file, len(changes)
	return nil
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

func (s *store) get(key string) (entry, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	e, found := s.entries[key]
	return e, found
}

// put writes pairs together; expected, if given, is the revision that the first key must have.
func (s *store) put(pairs []pair, expected *int64) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if expected != nil && s.entries[pairs[0].Key].Revision != *expected {
		return 0, conflict{s.entries[pairs[0].Key].Revision}
	}
	changes := make([]change, len(pairs))
	for i, p := range pairs {
		changes[i] = change{Key: p.Key, Value: p.Value, Revision: s.revision + int64(i) + 1}
	}
	if len(changes) == 0 {
		return s.revision, nil
	}
	err := s.write(changes)
	return s.revision, err
}

func (s *store) remove(key string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, found := s.entries[key]; !found {
		return false, nil
	}
	return true, s.write([]change{{Key: key, Revision: s.revision + 1, Deleted: true}})
}

// keys returns the keys with a prefix, sorted: the order of UTF-8 bytes is that of code points.
func (s *store) keys(prefix string) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []string
	for key := range s.entries {
		if strings.HasPrefix(key, prefix) {
			found = append(found, key)
		}
	}
	sort.Strings(found)
	return found
}

func (s *store) statistics() (keys int, size int, revision int64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for key, e := range s.entries {
		size += len(key) + len(e.Value)
	}
	return len(s.entries), size, s.revision
}

func max64(a, b int64) int64 {
	if a > b {
		return a
	}
	return b
}
