// Line icons, 20 units wide, drawn for these pages.
const paths: Record<string, string> = {
  Overview: 'M3 10.5 10 4l7 6.5M5 9v8h10V9M8.5 17v-4.5h3V17',
  Workloads: 'M3 16.5h14M5 16V9.5M9 16V5M13 16v-4.5M16.500 16V7.500',
  Grid: 'M10.5 2.500 5 11h4.500L8.500 17.500 15 8.500h-4.500z',
  Fleet: 'M3.500 4h13v5h-13zM3.500 11h13v5h-13zM6 6.500h.01M6 13.500h.01M9 6.500h5M9 13.500h5',
  Decisions: 'M10 3v14M4 6.500h12M4 6.500 2 12h4zM16 6.500 14 12h4zM7 17h6',
  Requests: 'M4 5.500h12M4 10h12M4 14.500h8',
  Guard: 'M10 2.500 16 5v5c0 3.500-2.500 6-6 7.500C6.500 16 4 13.500 4 10V5z',
  'Budgets and keys':
    'M13 4a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7zM10.500 10 4 16.500M6 14.500l1.500 1.500M8 12.500l1.500 1.500',
  Settings: 'M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4',
  menu: 'M3 5.500h14M3 10h14M3 14.500h14',
  sun: 'M10 6.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7zM10 2v2M10 16v2M2 10h2M16 10h2M4.300 4.300l1.400 1.400M14.300 14.300l1.400 1.400M4.300 15.700l1.400-1.400M14.300 5.700l1.400-1.400',
  moon: 'M16 11.500A6.500 6.500 0 0 1 8.500 4a6.500 6.500 0 1 0 7.500 7.500z',
};

export function Icon({ name }: { name: string }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 20 20"
      width="18"
      height="18"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
      stroke-linejoin="round"
    >
      <path d={paths[name] ?? ''} />
    </svg>
  );
}
