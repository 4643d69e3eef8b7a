/** The link to this room, with copy, the system's share sheet, and a QR code drawn only when asked for. */
import { Check, Copy, QrCode, Share2 } from 'lucide';
import { useState } from 'preact/hooks';
import { inviteLink } from '../app/address.ts';
import { useSession } from '../ui/context.ts';
import { copyText } from '../ui/copy.ts';
import { Icon } from '../ui/icon.tsx';
import { words } from '../words/words.ts';
import type { QrDrawing } from './qr.ts';
import { say } from './say.ts';

const COPIED_MS = 2000;

export function Invitation() {
  const room = useSession().state.value.room;
  const [copied, setCopied] = useState<'no' | 'yes' | 'failed'>('no');
  const [qr, setQr] = useState<QrDrawing | undefined>(undefined);
  const w = words();
  if (!room) return null;
  const link = inviteLink(location.origin, room.id);
  const copy = async (): Promise<void> => {
    setCopied((await copyText(link)) ? 'yes' : 'failed');
    setTimeout(() => setCopied('no'), COPIED_MS);
  };
  const toggleQr = async (): Promise<void> => {
    if (qr !== undefined) return setQr(undefined);
    try {
      const { drawQr } = await import('./qr.ts');
      setQr(drawQr(link));
    } catch {
      say(w.loadFailed);
    }
  };
  const share = (): void => {
    // A share sheet that was closed is no fault.
    void navigator.share({ title: 'Ieum', text: w.inviteText, url: link }).catch(() => undefined);
  };
  return (
    <div class="invitation">
      <p class="link">
        <span class="visually-hidden">{w.inviteLink}: </span>
        {location.origin}/r/
        <wbr />
        {room.id}
      </p>
      <div class="invitation-buttons">
        <button type="button" class="button button-primary" onClick={() => void copy()}>
          <Icon of={copied === 'yes' ? Check : Copy} size={20} />
          {copied === 'yes' ? w.copied : w.copyLink}
        </button>
        {'share' in navigator && (
          <button type="button" class="button button-quiet" onClick={share}>
            <Icon of={Share2} size={20} />
            {w.shareLink}
          </button>
        )}
        <button
          type="button"
          class="button button-quiet"
          aria-expanded={qr !== undefined}
          onClick={() => void toggleQr()}
        >
          <Icon of={QrCode} size={20} />
          {qr === undefined ? w.showQr : w.hideQr}
        </button>
      </div>
      <p class="note" aria-live="polite">
        {copied === 'failed' ? w.copyFailed : ''}
      </p>
      {qr && <QrPicture drawing={qr} />}
    </div>
  );
}

function QrPicture({ drawing }: { drawing: QrDrawing }) {
  return (
    <svg class="qr" viewBox={`0 0 ${drawing.size} ${drawing.size}`} role="img" aria-label={words().qrOf}>
      <path d={drawing.path} />
    </svg>
  );
}
