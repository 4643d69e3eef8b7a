/** The line above every page that is not the call: the mark, and the language. */
import { Languages } from 'lucide';
import { keepPreferences } from '../app/preferences.ts';
import { language, speak, words } from '../words/words.ts';
import { useSession } from './context.ts';
import { Icon } from './icon.tsx';
import { Mark } from './mark.tsx';

export function LanguageButton() {
  const other = language() === 'ko' ? 'en' : 'ko';
  const choose = (): void => {
    keepPreferences({ language: other });
    // Without a connection the language stays.
    speak(other).catch(() => undefined);
  };
  return (
    <button type="button" class="button button-plain" lang={other} onClick={choose}>
      <Icon of={Languages} size={18} />
      {other === 'ko' ? '한국어' : 'English'}
    </button>
  );
}

export function TopBar({ brand = true }: { readonly brand?: boolean }) {
  const session = useSession();
  return (
    <header class="top-bar">
      {brand ? (
        <button
          type="button"
          class="button button-plain brand"
          aria-label={`이음 Ieum, ${words().home}`}
          onClick={() => session.moveOn('home')}
        >
          <Mark size={36} />
          <span lang="ko">이음</span>
        </button>
      ) : (
        <span />
      )}
      <LanguageButton />
    </header>
  );
}
