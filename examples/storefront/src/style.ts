export const style = `
:root {
  color-scheme: light dark;
  --ink: light-dark(#22201c, #ece7dd);
  --soft: light-dark(#6b655b, #a39c8e);
  --paper: light-dark(#fbf9f4, #1b1916);
  --card: light-dark(#ffffff, #26231f);
  --line: light-dark(#e4ded2, #3a352e);
  --accent: light-dark(#a3440f, #f0955d);
  --hit: light-dark(#22703c, #7fd39b);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.5 system-ui, sans-serif; }
main, footer { max-width: 42rem; margin: 0 auto; padding: 1.5rem 1.25rem; }
h1 { margin: 0.5rem 0 1rem; font-size: 1.9rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 0; font-size: 1.1rem; }
a { color: var(--accent); }
.products { display: grid; gap: 0.75rem; margin: 0; padding: 0; list-style: none; }
.products li, form { padding: 1rem 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.75rem; }
.products a { display: flex; gap: 1rem; justify-content: space-between; color: inherit; text-decoration: none; overflow-wrap: anywhere; }
.products a:hover strong { color: var(--accent); }
.products p { margin: 0.15rem 0 0; color: var(--soft); }
.price, .products span { font-variant-numeric: tabular-nums; }
.price { font-size: 1.4rem; color: var(--accent); }
form { display: grid; gap: 0.9rem; margin-top: 2rem; }
label { display: grid; gap: 0.25rem; color: var(--soft); font-size: 0.9rem; }
input { width: 100%; padding: 0.55rem 0.7rem; color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: 0.5rem; font: inherit; font-size: 1rem; }
button { justify-self: start; padding: 0.6rem 1.1rem; color: var(--paper); background: var(--accent); border: 0; border-radius: 0.5rem; font: inherit; font-weight: 600; cursor: pointer; }
.hint { margin: 0; color: var(--soft); font-size: 0.9rem; }
footer { border-top: 1px solid var(--line); color: var(--soft); font-size: 0.9rem; }
footer p { margin: 0.2rem 0; }
.hit { color: var(--hit); font-weight: 600; }
.miss { color: var(--accent); font-weight: 600; }
`;
