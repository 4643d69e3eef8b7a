/** Where one is on the page, as a signal that follows the address bar. Draws nothing. */
import { signal } from '@preact/signals';
import { pathOf, type Route, routeOf } from './address.ts';

export const route = signal<Route>(routeOf(location));

export function go(to: Route, how: 'push' | 'replace' = 'push'): void {
  const path = pathOf(to, location.search);
  if (how === 'push') history.pushState(null, '', path);
  else history.replaceState(null, '', path);
  route.value = to;
}

addEventListener('popstate', () => {
  route.value = routeOf(location);
});
