// Ends of a measured call over pion: the operations of protocol.ts, one JSON value a line.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v3"
)

const (
	mostBufferedBytes = 1 << 20
	lowBufferedBytes  = 1 << 18
	lookAgain         = 20 * time.Millisecond
)

type signal struct {
	Key         string                     `json:"key"`
	Description *webrtc.SessionDescription `json:"description,omitempty"`
	Candidate   *webrtc.ICECandidateInit   `json:"candidate,omitempty"`
}

type request struct {
	ID   int             `json:"id"`
	End  string          `json:"end"`
	Name string          `json:"name"`
	Args json.RawMessage `json:"args"`
}

type arguments struct {
	Key     string  `json:"key"`
	Role    string  `json:"role"`
	Bytes   int     `json:"bytes"`
	Seconds float64 `json:"seconds"`
	Count   int     `json:"count"`
}

type listener func(message webrtc.DataChannelMessage)

// One connection of one end.
type call struct {
	key        string
	end        *end
	lock       sync.Mutex
	connection *webrtc.PeerConnection
	channel    *webrtc.DataChannel
	startedAt  float64
	opened     chan float64
	hasRemote  bool
	early      []webrtc.ICECandidateInit
	listener   atomic.Value
	bytes      int64
	messages   int64
}

type end struct {
	other string
	lock  sync.Mutex
	calls map[string]*call
}

var (
	output     = json.NewEncoder(os.Stdout)
	outputLock sync.Mutex
	ends       = map[string]*end{}
)

func tell(reply map[string]interface{}) {
	outputLock.Lock()
	defer outputLock.Unlock()
	_ = output.Encode(reply)
}

func nowMs() float64 {
	return float64(time.Now().UnixNano()) / 1e6
}

func (e *end) call(key string) *call {
	e.lock.Lock()
	defer e.lock.Unlock()
	known, found := e.calls[key]
	if !found {
		known = &call{key: key, end: e, opened: make(chan float64, 1)}
		known.listener.Store(listener(nil))
		e.calls[key] = known
	}
	return known
}

func (e *end) send(s signal) {
	neighbour, found := ends[e.other]
	if !found {
		tell(map[string]interface{}{"to": e.other, "signal": s})
		return
	}
	go func() { _ = neighbour.call(s.Key).take(s) }()
}

func (c *call) attach(channel *webrtc.DataChannel) {
	c.channel = channel
	channel.OnOpen(func() { c.opened <- nowMs() })
	channel.OnMessage(func(message webrtc.DataChannelMessage) {
		if listen := c.listener.Load().(listener); listen != nil {
			listen(message)
			return
		}
		atomic.AddInt64(&c.messages, 1)
		atomic.AddInt64(&c.bytes, int64(len(message.Data)))
	})
}

// With the lock.
func (c *call) connect() (err error) {
	c.startedAt = nowMs()
	if c.connection, err = webrtc.NewPeerConnection(webrtc.Configuration{}); err != nil {
		return err
	}
	c.connection.OnDataChannel(c.attach)
	c.connection.OnICECandidate(func(candidate *webrtc.ICECandidate) {
		if candidate == nil {
			return
		}
		told := candidate.ToJSON()
		// This version says "", which names no section; there is only this one.
		mid := "0"
		told.SDPMid = &mid
		c.end.send(signal{Key: c.key, Candidate: &told})
	})
	return nil
}

// With the lock.
func (c *call) describe(description webrtc.SessionDescription) error {
	if err := c.connection.SetLocalDescription(description); err != nil {
		return err
	}
	c.end.send(signal{Key: c.key, Description: c.connection.LocalDescription()})
	return nil
}

func (c *call) offer() error {
	c.lock.Lock()
	defer c.lock.Unlock()
	if err := c.connect(); err != nil {
		return err
	}
	channel, err := c.connection.CreateDataChannel("bench", nil)
	if err != nil {
		return err
	}
	c.attach(channel)
	description, err := c.connection.CreateOffer(nil)
	if err != nil {
		return err
	}
	return c.describe(description)
}

func (c *call) take(s signal) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	if s.Description == nil {
		if s.Candidate != nil && c.hasRemote {
			return c.connection.AddICECandidate(*s.Candidate)
		}
		if s.Candidate != nil {
			c.early = append(c.early, *s.Candidate)
		}
		return nil
	}
	if c.connection == nil {
		if err := c.connect(); err != nil {
			return err
		}
	}
	if err := c.connection.SetRemoteDescription(*s.Description); err != nil {
		return err
	}
	c.hasRemote = true
	if s.Description.Type == webrtc.SDPTypeOffer {
		description, err := c.connection.CreateAnswer(nil)
		if err != nil {
			return err
		}
		if err := c.describe(description); err != nil {
			return err
		}
	}
	for _, candidate := range c.early {
		_ = c.connection.AddICECandidate(candidate)
	}
	c.early = nil
	return nil
}

func (c *call) flood(bytes int, seconds float64) (int, error) {
	low := make(chan struct{}, 1)
	c.channel.SetBufferedAmountLowThreshold(lowBufferedBytes)
	c.channel.OnBufferedAmountLow(func() {
		select {
		case low <- struct{}{}:
		default:
		}
	})
	message := make([]byte, bytes)
	deadline := time.Now().Add(time.Duration(seconds * float64(time.Second)))
	sent := 0
	for ; time.Now().Before(deadline); sent++ {
		for c.channel.BufferedAmount() >= mostBufferedBytes {
			select {
			case <-low:
			case <-time.After(lookAgain):
			}
		}
		if err := c.channel.Send(message); err != nil {
			return sent, err
		}
	}
	return sent, nil
}

func (c *call) pingPong(bytes, count int) ([]float64, error) {
	cameBack := make(chan struct{}, 1)
	c.listener.Store(listener(func(webrtc.DataChannelMessage) { cameBack <- struct{}{} }))
	defer c.listener.Store(listener(nil))
	message := make([]byte, bytes)
	samples := make([]float64, 0, count)
	for len(samples) < count {
		started := time.Now()
		if err := c.channel.Send(message); err != nil {
			return samples, err
		}
		<-cameBack
		samples = append(samples, float64(time.Since(started).Nanoseconds())/1e6)
	}
	return samples, nil
}

func (e *end) run(name string, raw json.RawMessage) (interface{}, error) {
	var args arguments
	if err := json.Unmarshal(raw, &args); err != nil {
		return nil, err
	}
	c := e.call(args.Key)
	switch name {
	case "open":
		if args.Role == "offerer" {
			if err := c.offer(); err != nil {
				return nil, err
			}
		}
		openAt := <-c.opened
		return map[string]float64{"startedAtMs": c.startedAt, "openAtMs": openAt}, nil
	case "signal":
		var s signal
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, err
		}
		return nil, c.take(s)
	case "close":
		e.lock.Lock()
		delete(e.calls, args.Key)
		e.lock.Unlock()
		if c.connection != nil {
			// It fails when the other side has closed first.
			_ = c.connection.Close()
		}
		return nil, nil
	case "received":
		return map[string]interface{}{
			"bytes":    atomic.LoadInt64(&c.bytes),
			"messages": atomic.LoadInt64(&c.messages),
			"atMs":     nowMs(),
		}, nil
	case "flood":
		return c.flood(args.Bytes, args.Seconds)
	case "echo":
		c.listener.Store(listener(func(message webrtc.DataChannelMessage) {
			if message.IsString {
				_ = c.channel.SendText(string(message.Data))
			} else {
				_ = c.channel.Send(message.Data)
			}
		}))
		return nil, nil
	case "pingPong":
		return c.pingPong(args.Bytes, args.Count)
	case "collectGarbage":
		debug.FreeOSMemory()
		return nil, nil
	}
	return nil, errors.New("no such operation: " + name)
}

func answer(r request) {
	result, err := ends[r.End].run(r.Name, r.Args)
	if err != nil {
		tell(map[string]interface{}{"id": r.ID, "error": err.Error()})
		return
	}
	tell(map[string]interface{}{"id": r.ID, "result": result})
}

func main() {
	other := map[string]string{"offerer": "answerer", "answerer": "offerer"}
	for _, name := range strings.Split(os.Args[1], ",") {
		ends[name] = &end{other: other[name], calls: map[string]*call{}}
	}
	tell(map[string]interface{}{"ready": true})
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var r request
		if json.Unmarshal(line, &r) == nil {
			go answer(r)
		}
	}
}
