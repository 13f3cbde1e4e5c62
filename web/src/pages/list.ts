import { filterNames, type FilterName } from '../state/url';

// The pages, in the order of the navigation. `key` after g goes there.
export interface PageEntry {
  path: string;
  title: string;
  key: string;
  about: string;
  period: boolean; // has the time range
  filters: readonly FilterName[]; // those that it heeds
}

export const pages: PageEntry[] = [
  { path: '/', title: 'Overview', key: 'o', about: 'What it took, what it saved', period: true, filters: filterNames },
  {
    path: '/workloads',
    title: 'Workloads',
    key: 'w',
    about: 'Joules, euros and grams per token and per document',
    period: true,
    filters: filterNames,
  },
  {
    path: '/grid',
    title: 'Grid',
    key: 'g',
    about: 'Carbon intensity per region: last week, now, forecast',
    period: false,
    filters: ['zone'],
  },
  {
    path: '/fleet',
    title: 'Fleet',
    key: 'f',
    about: 'Deployments, watts, load, health and idle',
    period: false,
    filters: ['deployment', 'zone'],
  },
  {
    path: '/decisions',
    title: 'Decisions',
    key: 'd',
    about: 'Who would be chosen, what would change it, how it turned out',
    period: false,
    filters: ['workload'],
  },
  {
    path: '/requests',
    title: 'Requests',
    key: 'r',
    about: 'Every request, explained stage by stage',
    period: true,
    filters: filterNames,
  },
  {
    path: '/guard',
    title: 'Guard',
    key: 'u',
    about: 'Verdicts, rules, abuse and watched keys',
    period: true,
    filters: [],
  },
  {
    path: '/budgets',
    title: 'Budgets and keys',
    key: 'b',
    about: 'What may be spent, and who may',
    period: false,
    filters: [],
  },
  {
    path: '/settings',
    title: 'Settings',
    key: 's',
    about: 'Configuration and health, read only',
    period: false,
    filters: [],
  },
];

export const pageOf = (path: string): PageEntry | undefined =>
  pages.find((p) => (p.path === '/' ? path === '/' : path === p.path || path.startsWith(`${p.path}/`)));
