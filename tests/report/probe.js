// Runs beside the page, in the window that holds it as a frame; the page itself runs nothing.

function channel(value) {
  const part = value / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}

// WCAG 2.2, "relative luminance" and "contrast ratio".
function luminance(colour) {
  const [red, green, blue] = colour.match(/[\d.]+/g).map(Number);
  return 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
}

function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function probe(frame) {
  const page = frame.contentDocument;
  const style = (selector, property) => frame.contentWindow.getComputedStyle(page.querySelector(selector))[property];
  const paper = style("body", "backgroundColor");
  const all = (selector) => [...page.querySelectorAll(selector)];
  const contrasts = {};
  for (const selector of ["body", ".soft", "main a", ".legend", ".plot .x"].filter((it) => page.querySelector(it))) {
    contrasts[selector] = contrast(style(selector, "color"), paper);
  }
  for (const layer of all(".plot > svg > path")) {
    contrasts["chart ." + layer.getAttribute("class")] =
      contrast(frame.contentWindow.getComputedStyle(layer).fill, paper);
  }
  return {
    paper,
    contrasts,
    overflow: page.documentElement.scrollWidth - page.documentElement.clientWidth,
    foreign: all("script, img, link, iframe, object, b.hostile").length,
    names: all(".places tbody th").map((name) => name.textContent),
    charts: all("svg[role=img]").map((chart) => chart.getBoundingClientRect().height),
    tables: all("figure table").length,
    headings: all("h1, h2").map((heading) => heading.textContent),
    dead: all("a[href^='#']").filter((link) => !page.getElementById(link.hash.slice(1))).length,
    unreachable: all(".scroll").filter((box) => box.scrollWidth > box.clientWidth && box.tabIndex < 0).length,
    smallest: Math.min(...all("body *").filter((part) => part.children.length === 0 && part.textContent.trim())
      .filter((part) => part.checkVisibility() && !part.closest("svg"))
      .map((part) => parseFloat(frame.contentWindow.getComputedStyle(part).fontSize))),
  };
}

window.addEventListener("load", () => {
  const found = [...document.querySelectorAll("iframe")].map(probe);
  document.getElementById("found").textContent = JSON.stringify(found);
});
