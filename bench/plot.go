package main

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// save draws the ratios that have bars, a column a suite, on a logarithmic scale.
func (r *report) save(path string) error {
	p := plot.New()
	p.Title.Text = "Time of the best peer over time of einc"
	p.Y.Label.Text = "ratio"
	p.Y.Scale = plot.LogScale{}
	p.Y.Tick.Marker = plot.ConstantTicks(ratioTicks())
	var names []string
	var reached, missed plotter.XYs
	column := -1
	for _, x := range r.suites {
		if len(x.Results) == 0 {
			continue
		}
		column++
		names = append(names, x.Name)
		for i, res := range x.Results {
			for _, b := range res.Bars {
				t := res.best(b.Class)
				if t == nil {
					continue
				}
				// Rows of a suite are spread over its column in their order.
				along := float64(i) / math.Max(1, float64(len(x.Results)-1))
				point := plotter.XY{X: float64(column) - 0.4 + 0.8*along, Y: math.Min(math.Max(t.Ratio.Median, 0.01), 1000)}
				if b.missed(t.Ratio) {
					missed = append(missed, point)
				} else {
					reached = append(reached, point)
				}
			}
		}
	}
	p.NominalX(names...)
	one := plotter.NewFunction(func(float64) float64 { return 1 })
	one.Color = color.Gray{160}
	p.Add(one)
	for _, s := range []struct {
		points plotter.XYs
		name   string
		color  color.Color
	}{{reached, "bar reached", color.RGBA{0x1b, 0x7f, 0x3b, 0xff}}, {missed, "bar missed", color.RGBA{0xc0, 0x2f, 0x1d, 0xff}}} {
		if len(s.points) == 0 {
			continue
		}
		scatter, err := plotter.NewScatter(s.points)
		if err != nil {
			return err
		}
		scatter.GlyphStyle = draw.GlyphStyle{Color: s.color, Radius: vg.Points(1.8), Shape: draw.CircleGlyph{}}
		p.Add(scatter)
		p.Legend.Add(s.name, scatter)
	}
	p.Legend.Top = true
	p.X.Min, p.X.Max = -0.5, float64(column)+0.5
	p.Y.Min, p.Y.Max = math.Min(p.Y.Min, 0.5), math.Max(p.Y.Max, 4)
	return p.Save(24*vg.Centimeter, 12*vg.Centimeter, path)
}

func ratioTicks() []plot.Tick {
	var ticks []plot.Tick
	for _, t := range []struct {
		at    float64
		label string
	}{{0.01, "0.01"}, {0.1, "0.1"}, {0.25, "¼"}, {0.5, "½"}, {1, "1"}, {2, "2"}, {4, "4"}, {10, "10"}, {100, "100"}, {1000, "1000"}} {
		ticks = append(ticks, plot.Tick{Value: t.at, Label: t.label})
	}
	return ticks
}
