/** The numbers of the connections: curves first, then the table, then all as text. Loaded when opened. */
import { Copy } from 'lucide';
import { useState } from 'preact/hooks';
import type { LinkSample, TrackSample } from '../../../../src/client/index.ts';
import { Choice } from '../../ui/choice.tsx';
import { useSession } from '../../ui/context.ts';
import { copyText } from '../../ui/copy.ts';
import { Icon } from '../../ui/icon.tsx';
import { words } from '../../words/words.ts';
import { Drawer } from '../drawer.tsx';
import { history } from '../history.ts';
import { say } from '../say.ts';
import { Chart } from './chart.tsx';
import { asText, curvesOf, linkRows, type Row, roleWords, trackRows } from './summary.ts';

export function DetailsDrawer() {
  const { peers } = useSession().state.value;
  const [chosen, choose] = useState<string>('');
  const w = words();
  const peer = peers.find((one) => one.id === chosen) ?? peers[0];
  const samples = peer ? history.value.get(peer.id) : undefined;
  const last = samples?.at(-1);
  return (
    <Drawer title={w.connectionDetails} name="details">
      <div class="drawer-body">
        {peers.length > 1 && (
          <Choice
            label={w.person}
            value={peer?.id ?? ''}
            options={peers.map((one) => ({ value: one.id, label: one.name }))}
            onChoose={choose}
          />
        )}
        {samples && last ? (
          <>
            <Charts key={peer?.id} samples={samples} />
            <Numbers sample={last} />
            <CopyButton />
          </>
        ) : (
          <p class="note">{w.noDetailsYet}</p>
        )}
        <SignalingRow />
      </div>
    </Drawer>
  );
}

function Charts({ samples }: { samples: readonly LinkSample[] }) {
  const w = words();
  const { seconds, receiving, sending, roundTrip, loss, jitter } = curvesOf(samples);
  return (
    <section class="charts" aria-label={w.lastTwoMinutes}>
      <Chart
        title={w.bitRate}
        unit="kbit/s"
        seconds={seconds}
        atLeast={100}
        curves={[
          { label: w.receiving, values: receiving, colour: '--accent' },
          { label: w.sending, values: sending, colour: '--warn' },
        ]}
      />
      <Chart
        title={w.roundTrip}
        unit="ms"
        seconds={seconds}
        atLeast={20}
        curves={[{ label: w.roundTrip, values: roundTrip, colour: '--accent' }]}
      />
      <Chart
        title={w.loss}
        unit="%"
        seconds={seconds}
        atLeast={2}
        curves={[{ label: w.loss, values: loss, colour: '--accent' }]}
      />
      <Chart
        title={w.jitter}
        unit="ms"
        seconds={seconds}
        atLeast={20}
        curves={[{ label: w.jitter, values: jitter, colour: '--accent' }]}
      />
      <p class="note">{w.lastTwoMinutes}</p>
    </section>
  );
}

function Rows({ rows }: { rows: readonly Row[] }) {
  return (
    <dl class="numbers">
      {rows.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Tracks({ title, tracks }: { title: string; tracks: readonly TrackSample[] }) {
  const w = words();
  return (
    <>
      {tracks.map((track) => (
        <section key={`${track.role}${track.kind}`} class="drawer-section">
          <h3>
            {title} · {roleWords(track, w)}
          </h3>
          <Rows rows={trackRows(track, w)} />
        </section>
      ))}
    </>
  );
}

function Numbers({ sample }: { sample: LinkSample }) {
  const w = words();
  return (
    <>
      <Rows rows={linkRows(sample, w)} />
      <Tracks title={w.receiving} tracks={sample.receiving} />
      <Tracks title={w.sending} tracks={sample.sending} />
    </>
  );
}

function CopyButton() {
  const { peers } = useSession().state.value;
  const w = words();
  const copy = async (): Promise<void> => {
    const people = peers.flatMap(({ id, name }) => {
      const sample = history.value.get(id)?.at(-1);
      return sample ? [{ name, sample }] : [];
    });
    say((await copyText(asText(people, w))) ? w.copied : w.copyFailed);
  };
  return (
    <button type="button" class="button button-quiet" onClick={() => void copy()}>
      <Icon of={Copy} size={20} />
      {w.copyAsText}
    </button>
  );
}

function SignalingRow() {
  const { signaling } = useSession().state.value;
  const w = words();
  const roundTrip =
    signaling.roundTripMs === undefined ? '' : ` · ${w.milliseconds(Math.round(signaling.roundTripMs))}`;
  return <Rows rows={[{ name: w.signalingLabel, value: `${signaling.transport ?? '–'}${roundTrip}` }]} />;
}
