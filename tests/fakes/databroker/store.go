package main

import (
	"bytes"
	"math/rand/v2"
	"sort"
	"strconv"
	"sync"
	"time"
)

// A record as the databroker keeps it. Deleted ones stay, so that those who follow hear of it.
type record struct {
	version               uint64
	kind, id, url         string
	data                  []byte
	modifiedAt, deletedAt time.Time
}

type lease struct {
	id, who string
	expires time.Time
}

type store struct {
	mu            sync.Mutex
	serverVersion uint64
	version       uint64
	records       map[[2]string]*record
	leases        map[string]lease
	changed       chan struct{} // closed and replaced whenever something changes
}

func newStore() *store {
	s := &store{changed: make(chan struct{})}
	s.wipe()
	return s
}

func (s *store) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// wipe is what a restart does to a databroker that keeps everything in memory.
func (s *store) wipe() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serverVersion = rand.Uint64()
	s.version = 0
	s.records = map[[2]string]*record{}
	s.leases = map[string]lease{}
	s.wake()
}

func (s *store) put(records []record) (uint64, []record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range records {
		r := &records[i]
		s.version++
		r.version, r.modifiedAt = s.version, time.Now()
		kept := *r
		s.records[[2]string{r.kind, r.id}] = &kept
	}
	s.wake()
	return s.serverVersion, records
}

func (s *store) get(kind, id string) (record, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.records[[2]string{kind, id}]
	if r == nil || !r.deletedAt.IsZero() {
		return record{}, false
	}
	return *r, true
}

// is says whether a record is stored as it is, deleted ones included.
func (s *store) is(r record) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.records[[2]string{r.kind, r.id}]
	return known != nil && known.deletedAt.IsZero() == r.deletedAt.IsZero() && bytes.Equal(known.data, r.data)
}

// since lists what is newer than a version, oldest first, and when to ask again.
func (s *store) since(kind string, version uint64) (found []record, serverVersion, latest uint64, changed chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, r := range s.records {
		if (kind == "" || key[0] == kind) && r.version > version {
			found = append(found, *r)
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].version < found[j].version })
	return found, s.serverVersion, s.version, s.changed
}

// acquire: nobody else may hold it; id "" takes it anew.
func (s *store) acquire(name, id, who string, duration time.Duration) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held, ok := s.leases[name]
	if ok && time.Now().Before(held.expires) && held.id != id {
		return "", false
	}
	if id == "" {
		id = strconv.FormatUint(rand.Uint64(), 16)
	}
	s.leases[name] = lease{id, who, time.Now().Add(duration)}
	return id, true
}

func (s *store) release(name, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leases[name].id == id {
		delete(s.leases, name)
	}
}

// holder says who holds a lease now, or for how many milliseconds nobody has since it ended.
func (s *store) holder(name string) (string, int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.leases[name]
	if lapsed := time.Since(held.expires); lapsed > 0 {
		return "", lapsed.Milliseconds()
	}
	return held.who, 0
}
