// The map that can be moved: our own shapes, nothing from elsewhere. Where it cannot be drawn the picture stays.
const place = document.getElementById("ff-map");
const still = place.querySelector(".ff-map__still");
const said = document.querySelector(".ff-map__said");
const list = document.getElementById("go");

// A table says what the shapes hold; their middle is where the box of a shape has its own.
function boxOf(features) {
  const box = [180, 90, -180, -90];
  const through = (part) => {
    if (typeof part[0] !== "number") return part.forEach(through);
    box[0] = Math.min(box[0], part[0]);
    box[1] = Math.min(box[1], part[1]);
    box[2] = Math.max(box[2], part[0]);
    box[3] = Math.max(box[3], part[1]);
  };
  features.forEach((one) => through(one.geometry.coordinates));
  return box;
}

async function read(address) {
  const answer = await fetch(address, { credentials: "same-origin", headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

async function drawn() {
  const [library, shapes, counts] = await Promise.all([
    import(place.dataset.library), read(place.dataset.shapes), read(place.dataset.counts),
  ]);
  library.setWorkerUrl(new URL(place.dataset.worker, location.href).href);
  const held = shapes.features.filter((one) => one.properties.code in counts.areas);
  for (const one of held) [one.properties.n, one.properties.at] = counts.areas[one.properties.code];
  const outlines = shapes.features.filter((one) => one.properties.outline);
  const byCode = new Map(held.map((one) => [one.properties.code, one]));
  const ground = { type: "FeatureCollection", features: held };
  const colours = ["match", ["get", "at"], ...counts.classes.flatMap((one, at) => [at, one.colour]), "#ffffff"];
  const style = {
    version: 8,
    sources: { outlines: { type: "geojson", data: { type: "FeatureCollection", features: outlines } }, areas: { type: "geojson", data: ground, tolerance: 0.1 }, chosen: { type: "geojson", data: { type: "FeatureCollection", features: [] } } },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": "#f3f2f1" } },
      { id: "areas", type: "fill", source: "areas", paint: { "fill-color": colours, "fill-antialias": false } },
      { id: "edges", type: "line", source: "areas", paint: { "line-color": "#505a5f", "line-width": 0.5 } },
      { id: "outlines", type: "line", source: "outlines", paint: { "line-color": "#0b0c0c", "line-width": 1.5 } },
      { id: "chosen", type: "line", source: "chosen", paint: { "line-color": "#0b0c0c", "line-width": 4 } },
    ],
  };
  const shown = document.createElement("div");
  shown.className = "ff-map__canvas";
  place.append(shown);
  const whole = boxOf(held);
  const map = new library.Map({
    container: shown, style, bounds: whole, fitBoundsOptions: { padding: 12 }, attributionControl: false, scrollZoom: false,
    dragRotate: false, pitchWithRotate: false, touchPitch: false, renderWorldCopies: false, maxZoom: 17, fadeDuration: 0,
  });
  map.on("error", () => {});
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.getCanvas().setAttribute("aria-label", place.dataset.words);
  await new Promise((done, failed) => { map.once("load", done); setTimeout(() => failed(new Error("late")), 20000); });
  still.hidden = true;
  document.querySelector(".ff-map__tools").hidden = false;
  said.hidden = false;

  const choose = (code, moves) => {
    const one = byCode.get(code);
    if (!one) return;
    map.getSource("chosen").setData({ type: "FeatureCollection", features: [one] });
    const link = document.createElement("a");
    link.className = "govuk-link";
    link.href = `${list.form.action}?${new URLSearchParams({ ...Object.fromEntries(new FormData(list.form)), [list.name]: code })}`;
    link.textContent = place.dataset.link || "See its picture";
    said.replaceChildren(`${one.properties.name}: ${one.properties.n.toLocaleString("en-GB")} ${place.dataset.unit}. `, link);
    list.value = code;
    if (moves) map.fitBounds(boxOf([one]), { padding: 90, maxZoom: 14, duration: 0 });
  };
  map.on("click", "areas", (event) => choose(event.features[0].properties.code, false));
  map.on("mousemove", "areas", () => { map.getCanvas().style.cursor = "pointer"; });
  map.on("mouseleave", "areas", () => { map.getCanvas().style.cursor = ""; });
  list.addEventListener("change", () => choose(list.value, true));
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => {
      const step = Number(button.dataset.zoom);
      if (step) map.easeTo({ zoom: map.getZoom() + step, duration: 0 });
      else map.fitBounds(whole, { padding: 12, duration: 0 });
    });
  }
  // The time slider: another week of the same squares in the same classes. The table stays that of its caption until "Show".
  const slider = document.getElementById("ff-weeks");
  if (slider) {
    const weeks = JSON.parse(slider.dataset.weeks);
    const told = document.getElementById("ff-weeks-said");
    const word = () => {
      const [, words] = weeks[slider.value];
      slider.setAttribute("aria-valuetext", words);
      told.textContent = words;
    };
    let asked = 0;
    slider.addEventListener("input", word);
    slider.addEventListener("change", async () => {
      word();
      const mine = ++asked;
      const address = new URL(place.dataset.counts, location.href);
      address.searchParams.set("week", weeks[slider.value][0]);
      try {
        const found = await read(address);
        if (mine !== asked) return;
        for (const one of held) [one.properties.n, one.properties.at] = found.areas[one.properties.code];
        map.getSource("areas").setData(ground);
        document.getElementById("week").value = weeks[slider.value][0];
        place.dataset.week = weeks[slider.value][0];
      } catch {
        told.textContent = "That week could not be read. Choose it in the list above and press Show.";
      }
    });
    word();
    slider.closest("[hidden]").hidden = false;
  }
  if (place.dataset.points) {
    map.addSource("points", { type: "geojson", data: await read(place.dataset.points) });
    map.addLayer({
      id: "points", type: "circle", source: "points",
      paint: { "circle-color": "#f46a25", "circle-stroke-color": "#0b0c0c", "circle-stroke-width": 1, "circle-radius": ["min", 14, ["+", 3, ["sqrt", ["get", "n"]]]] },
    });
  }
  place.dataset.drawn = "yes";
}

drawn().catch(() => {
  place.querySelector(".ff-map__canvas")?.remove();
  still.hidden = false;
  place.dataset.drawn = "no";
});
