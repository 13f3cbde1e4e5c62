// The bodies of docs/web-api.md, as far as the pages read them. null is "not known".
export type * from './types/report';
export type * from './types/live';
export type * from './types/grid';
export type * from './types/decisions';
export type * from './types/requests';
export type * from './types/admin';
