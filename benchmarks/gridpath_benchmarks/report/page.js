(function () {
  "use strict";

  // Tables sort by a click on a header; without this script they stand in the suite's order.
  function compare(first, second, numeric, sign) {
    if (first === second) return 0;
    if (first === "") return 1; // what is missing comes last, whichever way it is sorted
    if (second === "") return -1;
    return sign * (numeric ? Number(first) - Number(second) : first.localeCompare(second));
  }
  document.querySelectorAll("table").forEach(function (table) {
    var headers = Array.from(table.tHead.rows[0].cells);
    headers.forEach(function (header, column) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = header.textContent;
      header.replaceChildren(button);
      button.addEventListener("click", function () {
        var numeric = header.classList.contains("number");
        var before = header.getAttribute("aria-sort");
        // Of scores the highest is wanted first, of names the first.
        var descending = before ? before === "ascending" : numeric;
        headers.forEach(function (other) { other.removeAttribute("aria-sort"); });
        header.setAttribute("aria-sort", descending ? "descending" : "ascending");
        var body = table.tBodies[0];
        Array.from(body.rows).sort(function (first, second) {
          var values = [first, second].map(function (row) { return row.cells[column].dataset.value; });
          return compare(values[0], values[1], numeric, descending ? -1 : 1);
        }).forEach(function (row) { body.appendChild(row); });
      });
    });
  });

  var specs = JSON.parse(document.getElementById("specs").textContent);
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function theme() {
    var style = getComputedStyle(document.documentElement);
    function colour(name) { return style.getPropertyValue(name).trim(); }
    var text = { labelColor: colour("--soft"), titleColor: colour("--soft"), labelFontSize: 12, titleFontSize: 12 };
    return {
      background: null,
      font: "system-ui, sans-serif",
      axis: Object.assign({ gridColor: colour("--line"), domainColor: colour("--line"), tickColor: colour("--line") }, text),
      legend: Object.assign({}, text, { labelColor: colour("--ink") }),
      view: { stroke: null },
    };
  }
  var latest = 0;
  function draw() {
    if (!window.vegaEmbed) return;
    var chosen = document.querySelector("input[name=metric]:checked");
    var round = ++latest;
    document.querySelectorAll(".plot").forEach(function (plot) {
      var own = specs[plot.dataset.scenario];
      // Not every scenario has every metric.
      var spec = own[chosen.value] || Object.values(own).pop();
      window.vegaEmbed(plot, spec, { actions: false, renderer: "svg", config: theme() }).catch(function (error) {
        if (round === latest) plot.textContent = "The chart could not be drawn: " + error.message;
      });
    });
  }
  var choice = document.getElementById("metric");
  if (choice) {
    choice.hidden = false;
    choice.addEventListener("change", draw);
    dark.addEventListener("change", draw);
    draw();
  }
})();
