// Draws a product as shops do whose server sends an empty page.
const app = document.getElementById("app");
async function state() {
  const told = document.getElementById("__STATE__");
  if (window.__NEXT) return window.__NEXT;
  if (told) return JSON.parse(told.textContent);
  const answer = await fetch(app.dataset.state);
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}
function add(parent, name, text, klass) {
  const made = parent.appendChild(document.createElement(name));
  if (text) made.textContent = text;
  if (klass) made.className = klass;
  return made;
}
state().then(({ product, shown }) => {
  app.replaceChildren();
  document.title = product.name;
  add(app, "h1", product.name);
  const line = add(app, "p");
  add(line, "span", shown.price, shown.klass);
  line.append(" ");
  add(line, "span", shown.stock, "stock");
  add(app, "button", shown.basket);
});
