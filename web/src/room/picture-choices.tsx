/** How large and in which codec one's own picture is sent. */
import { signal } from '@preact/signals';
import { Choice } from '../ui/choice.tsx';
import { useSession } from '../ui/context.ts';
import { words } from '../words/words.ts';
import { attempt } from './attempt.ts';

const HEIGHTS = [180, 360, 540, 720, 1080];

/** Kept while the page lives, so that the drawer shows it again. */
const height = signal<number | undefined>(undefined);
const codec = signal<string | undefined>(undefined);

/** Names such as `VP9`, without those that only repair or wrap others. RFC 4588, RFC 5109, RFC 2198. */
function videoCodecs(): readonly string[] {
  const helpers = new Set(['rtx', 'red', 'ulpfec', 'flexfec-03']);
  const found = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  const names = found
    .map((one) => one.mimeType.slice('video/'.length))
    .filter((name) => !helpers.has(name.toLowerCase()));
  return [...new Set(names)];
}

export function PictureChoices() {
  const { call, parameters } = useSession();
  const w = words();
  return (
    <>
      <Choice
        label={w.resolution}
        value={String(height.value ?? '')}
        options={[
          { value: '', label: w.resolutionAuto },
          ...HEIGHTS.map((pixels) => ({ value: String(pixels), label: w.resolutionUpTo(pixels) })),
        ]}
        onChoose={(value) => {
          height.value = value === '' ? undefined : Number(value);
          attempt(call.setVideoLimits(height.value === undefined ? {} : { maxHeight: height.value }));
        }}
      />
      <Choice
        label={w.codec}
        value={codec.value ?? parameters.codec ?? ''}
        options={[
          { value: '', label: w.codecAuto },
          ...videoCodecs().map((name) => ({ value: name, label: name })),
        ]}
        onChoose={(value) => {
          codec.value = value;
          attempt(call.setVideoCodec(value || undefined));
        }}
      />
    </>
  );
}
