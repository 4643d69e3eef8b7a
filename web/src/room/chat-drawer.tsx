/** Messages of this call, and the field to write one. */
import { Send } from 'lucide';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ChatEntry } from '../../../src/client/index.ts';
import { useSession } from '../ui/context.ts';
import { Icon } from '../ui/icon.tsx';
import { language, words } from '../words/words.ts';
import { Drawer } from './drawer.tsx';
import { pieces } from './links.ts';

/** Longer texts belong in a document; 4,000 characters also stay far below what a data channel message may hold. */
const LONGEST = 4000;

export function ChatDrawer() {
  const session = useSession();
  const { chat, peers } = session.state.value;
  const list = useRef<HTMLOListElement>(null);
  const w = words();
  // A new entry is what moves the list to its end.
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [chat.length]);
  const reachable = peers.some((peer) => peer.chatOpen);
  return (
    <Drawer title={w.chat} name="chat" focus="textarea">
      {chat.length === 0 && <p class="note drawer-note">{w.chatEmpty}</p>}
      <ol ref={list} class="messages" aria-label={w.chat} aria-live="polite">
        {chat.map((entry, index) => (
          <Message key={entry.id} entry={entry} follows={follows(chat[index - 1], entry)} />
        ))}
      </ol>
      {!reachable && <p class="note drawer-note">{w.chatNobody}</p>}
      <Writer onSend={(text) => session.call.sendChat(text)} />
    </Drawer>
  );
}

/** A message soon after another of the same person stands below it without a new head. */
const SOON_MS = 120_000;
const follows = (before: ChatEntry | undefined, entry: ChatEntry): boolean =>
  before?.from === entry.from && entry.at - before.at < SOON_MS;

function Message({ entry, follows }: { entry: ChatEntry; follows: boolean }) {
  const time = new Date(entry.at).toLocaleTimeString(language(), { hour: 'numeric', minute: '2-digit' });
  const own = entry.from === 'self';
  return (
    <li class={`message${own ? ' message-own' : ''}${follows ? ' message-follows' : ''}`}>
      {!follows && (
        <p class="message-head">
          <strong>{own ? words().you : entry.name}</strong> <time>{time}</time>
        </p>
      )}
      <p class="message-text">
        {pieces(entry.text).map((piece, index) =>
          piece.link ? (
            <a key={`${index}${piece.text}`} href={piece.text} target="_blank" rel="noopener noreferrer">
              {piece.text}
            </a>
          ) : (
            piece.text
          ),
        )}
      </p>
    </li>
  );
}

function Writer({ onSend }: { onSend: (text: string) => void }) {
  const [text, setText] = useState('');
  const w = words();
  const send = (): void => {
    const trimmed = text.trim();
    if (trimmed === '') return;
    onSend(trimmed);
    setText('');
  };
  return (
    <form
      class="writer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        class="input"
        rows={1}
        value={text}
        maxLength={LONGEST}
        aria-label={w.writeMessage}
        placeholder={w.writeMessage}
        enterkeyhint="send"
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          // While a Hangul syllable is being composed, Enter ends the syllable, not the message.
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          send();
        }}
      />
      <button type="submit" class="button button-primary button-icon" aria-label={w.send} title={w.send}>
        <Icon of={Send} size={20} />
      </button>
    </form>
  );
}
