// A small line without axes: how a figure went. An SVG, drawn with attributes only.
interface Props {
  values: (number | null)[];
  color: string; // "--energy"
  width?: number;
  height?: number;
  label: string;
}

export function Sparkline({ values, color, width = 120, height = 28, label }: Props) {
  const known = values.filter((v): v is number => v != null);
  if (known.length < 2) return <svg class="spark" width={width} height={height} aria-hidden="true" />;
  const high = Math.max(...known, 1e-12);
  const x = (i: number): string => ((i / (values.length - 1)) * (width - 2) + 1).toFixed(1);
  const y = (v: number): string => (height - 2 - (v / high) * (height - 4)).toFixed(1);
  let path = '',
    inside = false;
  values.forEach((v, i) => {
    if (v == null) inside = false;
    else {
      path += `${inside ? 'L' : 'M'}${x(i)} ${y(v)}`;
      inside = true;
    }
  });
  return (
    <svg
      class={`spark ink${color}`}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path
        d={path}
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
        stroke-linejoin="round"
        vector-effect="non-scaling-stroke"
      />
    </svg>
  );
}
