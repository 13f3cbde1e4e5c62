import url from '../trine.svg';

export function Logo({ size }: { size: number }) {
  return <img src={url} width={size} height={size} alt="" />;
}
