/** MediaStreamTrack and MediaStream without media: identity, kind and membership only. W3C mediacapture-streams §4. */
let made = 0;

export function fakeTrack(kind: 'audio' | 'video', height?: number): MediaStreamTrack {
  made += 1;
  const track = {
    id: `track-${made}`,
    kind,
    getSettings: () => (height === undefined ? {} : { height }),
  };
  return track as unknown as MediaStreamTrack;
}

export function fakeStream(tracks: readonly MediaStreamTrack[], id?: string): MediaStream {
  made += 1;
  const stream = { id: id ?? `stream-${made}`, getTracks: () => [...tracks] };
  return stream as unknown as MediaStream;
}
